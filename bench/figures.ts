import type { Goal, Result } from './measure.ts';
import { spreadOf, type Spread } from './statistics.ts';

/** What a run has found, without its samples: what `docs/benchmarks.md` is made of, kept in `bench/figures.json`. */
export type Figures = { readonly machine: Machine; readonly measures: readonly Taken[] };

export type Machine = {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** `pm2 7.0.4` */
  readonly versions: readonly string[];
  /** Each with what is missing. */
  readonly leftOut: readonly string[];
  /** 2026-11-20 */
  readonly day: string;
  readonly minutes: number;
  /** Few samples: the figures are worth little. */
  readonly quick: boolean;
};

/** The result of the measure with this id. */
export type Taken = {
  readonly id: string;
  readonly groups: readonly SpreadGroup[];
  readonly goals: readonly Goal[];
  readonly remarks: readonly string[];
};

export type SpreadGroup = {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly SpreadRow[];
};

export type SpreadRow = { readonly who: string } & Spread;

/** @throws when a row has no samples */
export const summary = (id: string, { groups, goals, remarks }: Result): Taken => ({
  id,
  groups: groups.map(({ title, unit, rows }) => ({
    title,
    unit,
    rows: rows.map(({ who, samples }) => ({ who, ...spreadOf(samples) })),
  })),
  goals,
  remarks,
});
