/** One thing that an agent said, was told or printed; `text` holds line feeds and nothing that moves a cursor. */
export type LogEntry = {
  readonly run: string;
  /** `assistant`, `user`, `tool`, `error`, `stderr` …; `run` begins a run. */
  readonly who: string;
  readonly text: string;
};
