/** The groups of an agent's options, and the values they are written with. See `input.ts` for the whole file. */

/** `'300ms'`, `'30s'`, `'5m'`, `'1h'`, or milliseconds. */
export type Duration = number | `${number}ms` | `${number}s` | `${number}m` | `${number}h`;

/** `'50MB'` (a KB is 1024 bytes, as in pm2), or bytes. */
export type Size = number | `${number}B` | `${number}KB` | `${number}MB` | `${number}GB`;

/** `null` clears what `defaults` says: nothing is left of it, and what cannot be absent takes its built-in default. */
export type Maybe<T> = T | null | undefined;

/** How Claude Code is run; for `stream` agents. */
export type ClaudeOptions = {
  /**
   * The program. With a slash it is relative to the ecosystem file, without one it is looked up in PATH at every start.
   * @default 'claude'
   */
  readonly bin?: Maybe<string>;
  /**
   * Passed as `--model`; null leaves the choice to `claude`.
   * @default null
   */
  readonly model?: Maybe<string>;
  /**
   * More arguments for `claude`.
   * @default []
   */
  readonly args?: Maybe<readonly string[]>;
  /**
   * Take the session up again after a restart.
   * @default true
   */
  readonly resume?: Maybe<boolean>;
};

/** What follows when a process ends by itself. */
export type RestartOptions = {
  /**
   * After which ends the agent is started again by itself.
   * @default 'always'
   */
  readonly when?: Maybe<'always' | 'failure' | 'never'>;
  /**
   * Wait before the first restart after a crash; it doubles up to `delayMax`.
   * @default '1s'
   */
  readonly delayMin?: Maybe<Duration>;
  /**
   * Longest wait before a restart after a crash.
   * @default '5m'
   */
  readonly delayMax?: Maybe<Duration>;
  /**
   * This many crashes within `crashWindow` make the agent `errored`; it is then only probed.
   * @default 5
   */
  readonly crashesMax?: Maybe<number>;
  /**
   * The time in which `crashesMax` counts.
   * @default '10m'
   */
  readonly crashWindow?: Maybe<Duration>;
};

/** The waits between the attempts of one incident. */
export type QuietOptions = {
  /**
   * `schedule` doubles from `min`; `adaptive` learns from the lengths of earlier windows, between `min` and `longMax`, and does
   * as the schedule until it has seen 20.
   * @default 'adaptive'
   */
  readonly strategy?: Maybe<'schedule' | 'adaptive'>;
  /**
   * Wait after the first failed attempt.
   * @default '20s'
   */
  readonly min?: Maybe<Duration>;
  /**
   * Longest wait in the first hour of an incident.
   * @default '3m'
   */
  readonly max?: Maybe<Duration>;
  /**
   * Longest wait after the first hour.
   * @default '30m'
   */
  readonly longMax?: Maybe<Duration>;
  /**
   * Each wait is multiplied by a factor between 1 - jitter and 1 + jitter; 0 to 1.
   * @default 0.2
   */
  readonly jitter?: Maybe<number>;
};

/** How an agent proves that it has recovered. */
export type VerifyOptions = {
  /**
   * Asked after a restart by an incident when no message waits; `false` waits for natural traffic. Without a word here
   * it is `false` for an agent whose first credential is billable.
   * @default 'Reply with OK.'
   */
  readonly prompt?: Maybe<string | false>;
  /**
   * How long a restarted agent may take to its first good answer.
   * @default '5m'
   */
  readonly timeout?: Maybe<Duration>;
};

/** What is done about rejections; for `stream` agents. */
export type AuthOptions = {
  readonly quiet?: Maybe<QuietOptions>;
  readonly verify?: Maybe<VerifyOptions>;
  /**
   * Whether the message that failed by authentication is asked again after the recovery.
   * @default 'auto'
   */
  readonly redeliver?: Maybe<'auto' | 'never'>;
};

export type IdleWakeOptions = {
  /**
   * An agent that has served a turn and is idle for longer is restarted; `null` or `false`: never.
   * @default '1h'
   */
  readonly after?: Maybe<Duration | false>;
  /**
   * `before-message` restarts it when the next message comes, `when-idle` at once.
   * @default 'before-message'
   */
  readonly when?: Maybe<'before-message' | 'when-idle'>;
  /**
   * Also restart it at this time of day, `'HH:MM'` local time.
   * @default null
   */
  readonly at?: Maybe<string>;
};

/** How an agent is ended. */
export type StopOptions = {
  /**
   * How long an interrupted turn may take to end before the process is terminated.
   * @default '5s'
   */
  readonly interruptTimeout?: Maybe<Duration>;
  /**
   * Time between TERM and KILL.
   * @default '10s'
   */
  readonly killTimeout?: Maybe<Duration>;
  /**
   * Who is ended: everything the agent started, its process group, or only its main process.
   * @default 'tree'
   */
  readonly killMode?: Maybe<'tree' | 'group' | 'main'>;
};

/** How long an agent may be silent. */
export type WatchOptions = {
  /**
   * How long the agent may take to become ready.
   * @default '90s'
   */
  readonly startTimeout?: Maybe<Duration>;
  /**
   * Silence within a turn after which it counts as stalled.
   * @default '30m'
   */
  readonly turnSilence?: Maybe<Duration>;
  /**
   * How long a process that has served a turn may take to begin the next one.
   * @default '10m'
   */
  readonly afterResult?: Maybe<Duration>;
};

/** How large an agent may get. */
export type MemoryOptions = {
  /**
   * Memory of the agent and all it started, above which it is restarted at the end of its turn, and at once above twice as much;
   * null: no limit.
   * @default null
   */
  readonly max?: Maybe<Size>;
};

/** How much of an agent's output is kept. */
export type LogOptions = {
  /**
   * The file that an agent writes to is cut when it is larger: between two turns what is in it is moved to a file beside
   * it, and nothing is lost. A `command` agent, which has no turns, is stopped for that moment.
   * @default '50MB'
   */
  readonly maxSize?: Maybe<Size>;
  /**
   * How many earlier runs are kept.
   * @default 5
   */
  readonly keep?: Maybe<number>;
  /**
   * Size of all kept output of the agent. What is beyond it is dropped, oldest first, and counted; an agent that writes
   * more than this in one turn is stopped for a moment in it.
   * @default '500MB'
   */
  readonly total?: Maybe<Size>;
  /**
   * What is done while the disk that holds the output is full: `truncate-oldest` drops the agent's oldest output to make
   * room, `block` lets the agent stand still, `stop` ends it. Either way it goes on by itself when there is room again.
   * @default 'truncate-oldest'
   */
  readonly onFull?: Maybe<'truncate-oldest' | 'block' | 'stop'>;
};

/** When the next credential of the list is used. */
export type FallbackOptions = {
  /**
   * Also while the first one has reached its usage limit, until that ends; otherwise only when it is dead.
   * @default false
   */
  readonly whenCapped?: Maybe<boolean>;
};

/** What a changed secret means for agents that are in no trouble. */
export type RotateOptions = {
  /**
   * `roll` renews them one by one between their turns; `hold` leaves them as they are until somebody restarts them.
   * @default 'roll'
   */
  readonly onChange?: Maybe<'roll' | 'hold'>;
};
