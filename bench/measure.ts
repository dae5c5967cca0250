import type { Bench } from './bench.ts';

/** What one measure compares in one unit. The first row is agentvisor's, the others are told as parts of it. */
export type Group = {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Row[];
};

export type Row = { readonly who: string; readonly samples: readonly number[] };

/** What was wanted, and what is. */
export type Goal = {
  readonly wanted: string;
  readonly measured: string;
  /** null: what it would be compared with was left out. */
  readonly reached: boolean | null;
};

export type Result = {
  readonly groups: readonly Group[];
  readonly goals: readonly Goal[];
  /** Sentences that belong to the figures. */
  readonly remarks: readonly string[];
};

export type Measure = {
  /** As it is chosen by: `--only list,memory`. */
  readonly id: string;
  readonly title: string;
  /** How it is measured, in whole sentences. */
  readonly how: string;
  run(bench: Bench): Promise<Result>;
};

/** A ratio of two medians that should not exceed a limit. */
export function goalAtMost(wanted: string, value: number | null, limit: number, unit = ''): Goal {
  if (value === null || Number.isNaN(value)) return { wanted, measured: 'not measured', reached: null };
  return { wanted, measured: `${Number(value.toPrecision(3))}${unit}`, reached: value <= limit };
}
