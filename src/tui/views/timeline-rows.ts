import type { RecoveryRow } from '../../protocol/rows.ts';

/**
 * under way: there is no process that listens yet · verifying: it listens and must answer · never ready, failed: another
 * one had to come · unproven: replaced before it had answered · ready: it listens, nothing had to be proven.
 */
export type Outcome =
  | 'under way'
  | 'waiting'
  | 'errored'
  | 'stopped'
  | 'never ready'
  | 'ready'
  | 'verifying'
  | 'recovered'
  | 'failed'
  | 'unproven'
  | '';

/** One line of the restart history. */
export type TimelineRow = {
  readonly at: string;
  readonly what: string;
  readonly cause: string | null;
  /** `2 in i7`. */
  readonly attempt: string | null;
  /** Of the process that it began. */
  readonly run: string | null;
  readonly outcome: Outcome;
  /** Null: it was not down, or nobody knows. */
  readonly downMs: number | null;
  /** Since when it is down. */
  readonly downSince: number | null;
  readonly detail: string;
};

/** A recovery as the history tells it. */
export type ToldRecovery = Omit<RecoveryRow, 'agent'> & {
  readonly incident: string | null;
  readonly cause: string | null;
};

export type Timeline = { readonly rows: readonly TimelineRow[]; readonly recoveries: readonly ToldRecovery[] };
