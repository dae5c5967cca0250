import type { NotifySpec } from '../../kernel/spec.ts';

/** What `deliver.ts` is told, as one line of JSON on its stdin: an address may be a secret, so it stands nowhere else. */
export type Task = {
  readonly channel: NotifySpec;
  /** One line of JSON, without its line feed. */
  readonly body: string;
  /** Of a command. */
  readonly cwd: string;
  /** The try's notes (`notes.ts`); null when the disk takes none, and the exit code alone tells the outcome. */
  readonly notes: string | null;
  readonly limits: TaskLimits;
};

export type TaskLimits = {
  /** How long a command may take until its group gets a TERM. */
  readonly commandMs: number;
  /** Between that TERM and the KILL. */
  readonly killMs: number;
  readonly postMs: number;
};

/** What became of a try. `detail` is raw: it may hold what a command wrote to stderr. */
export type Outcome = { readonly delivered: true } | { readonly delivered: false; readonly detail: string };

export const failed = (detail: string): Outcome => ({ delivered: false, detail });

/** How `deliver.ts` ends. */
export const EXIT = {
  delivered: 0,
  failed: 1,
  /** Its daemon died before it had said what to do, or a later one has taken the try away: nothing was done. */
  forbidden: 75,
  /** The notes could not be written: nothing was done. */
  noNotes: 76,
} as const;
