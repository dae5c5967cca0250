/** One thing that an agent said, was told or printed; `text` holds line feeds and nothing that moves a cursor. */
export type LogEntry = {
  readonly run: string;
  /** `assistant`, `user`, `tool`, `error`, `stderr` …; `run` begins a run, `log` is said by agentvisor. */
  readonly who: string;
  readonly text: string;
};

/** A kept run; times are ms since the epoch, null is unknown, or not yet. */
export type LogRun = { readonly run: string; readonly startedAt: number | null; readonly endedAt: number | null };
