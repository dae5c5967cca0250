import type { TaskLimits } from './task.ts';

export type OutboxLimits = TaskLimits & {
  /** Between two tries: the first wait, which doubles up to the second. */
  readonly retryMsMin: number;
  readonly retryMsMax: number;
  /** After so many failed tries a delivery is given up: about an hour. */
  readonly triesMax: number;
  /** Processes at once. */
  readonly childrenMax: number;
  /** Deliveries that wait; the oldest beyond it are given up. */
  readonly waitingMax: number;
  /** `outbox.ndjson` is folded when it is larger. */
  readonly bytesMax: number;
  /** Between two looks at a disk that has refused. */
  readonly diskRetryMs: number;
  /** How long a closing waits for what is under way. */
  readonly closeMs: number;
  /** Notes of tries that nobody asks about any more are kept this long. */
  readonly notesMs: number;
};

export const LIMITS: OutboxLimits = {
  commandMs: 60_000,
  killMs: 2_000,
  postMs: 10_000,
  retryMsMin: 1_000,
  retryMsMax: 5 * 60_000,
  triesMax: 20,
  childrenMax: 4,
  waitingMax: 1_000,
  bytesMax: 256 * 1024,
  diskRetryMs: 5_000,
  closeMs: 2_000,
  notesMs: 60 * 60_000,
};
