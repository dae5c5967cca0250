/**
 * The fault script: one language for the two stand-ins of this project, the one for the Anthropic API
 * (`startApi`) and the one for Claude Code itself (`examples/stand-in/claude.mjs`, which reads it as JSON).
 *
 * A script is a list of faults. A fault holds when everything that its `when` names is true; of every kind of
 * thing in `do`, the first fault that holds decides. No script, or no fault that holds: a healthy agent.
 */

export type FaultScript = { readonly faults?: readonly Fault[] };

export type Fault = {
  /** For the reader. */
  readonly name?: string;
  readonly when?: When;
  /** Once it has held for a process it holds for that process for good: the session-bound 401. */
  readonly latch?: boolean;
  readonly do: Deed;
};

/** A number means exactly that one; both bounds of a range are inside it, and `from` is 1 when absent. */
export type Count = number | { readonly from?: number; readonly until?: number };

export type Tier = 'opus' | 'sonnet' | 'haiku';

export type When = {
  /** The n-th process of this session. The API counts the processes that it has seen ask. */
  readonly process?: Count;
  /** The n-th turn of this process. */
  readonly turn?: Count;
  /** The n-th request of this turn: `{ until: 1 }` is a failure that a retry heals. */
  readonly attempt?: Count;
  /** The text of this turn's message contains it. */
  readonly contains?: string;
  readonly tier?: Tier;
  /** The last characters of the token, or all of it. */
  readonly token?: string;
  readonly session?: string;
  readonly pid?: number;
  /** From the moment on that this file exists; relative to the script's folder. */
  readonly fromFile?: string;
  /** Until this file exists. */
  readonly untilFile?: string;
  /** Wall time: ISO 8601, or milliseconds since the epoch. */
  readonly from?: string | number;
  readonly until?: string | number;
  /** API only: between `openWindow(name)` and `closeWindow(name)`. */
  readonly window?: string;
};

export const API_FAULTS = [
  '401',
  '401bearer',
  '401expired',
  '403revoked',
  '429',
  '429cap',
  '529',
  '500',
  '400credit',
  'hang',
  'drop',
] as const;

/** `hang`: no answer until the fault no longer holds. `drop`: the connection is closed without an answer. */
export type ApiFault = (typeof API_FAULTS)[number];

/** Where in its life a process does it; `message` is in a turn, after `init` and before any answer. */
export type Place = 'start' | 'ready' | 'turn' | 'message' | 'answer' | 'result';

/** What both stand-ins understand. */
export type ApiDeed = {
  /** `notLoggedIn` (no credential at all) is known to the stand-in for Claude Code only. */
  readonly api?: ApiFault | 'notLoggedIn';
  /** The API's own wording, instead of the usual one. */
  readonly message?: string;
  /**
   * Epoch seconds, for `429cap`.
   * @default an hour from now
   */
  readonly resetsAt?: number;
  /** @default 'five_hour' */
  readonly claim?: string;
  /**
   * May contain `{text}`; for Claude Code's stand-in also `{tool}` (what the tool printed), `{seen}` (how many times the
   * conversation holds this very message), `{process}` and `{turn}`.
   * @default 'answer to: {text}'
   */
  readonly answer?: string;
  readonly delayMs?: number;
  /** API only: the answer is streamed in this many pieces, spread over `delayMs`. */
  readonly pieces?: number;
  /** A tool is used before the answer. */
  readonly tool?: ToolUse;
};

export type ToolUse = {
  readonly command: string;
  /** Claude Code's stand-in only: what the tool prints, without running anything. */
  readonly output?: string;
  /** @default 0 */
  readonly exitCode?: number;
};

/** What only the stand-in for Claude Code can do. */
export type ProcessDeed = {
  readonly exit?: {
    /** @default 'message' */
    readonly at?: Place;
    /** @default 1 */
    readonly code?: number;
    readonly signal?: NodeJS.Signals;
    readonly stderr?: string;
  };
  /** Prints half of that line, and dies as `exit` says. */
  readonly halfLine?: 'assistant' | 'result';
  /** `afterResult` is deaf to everything but SIGKILL; the others can be interrupted and ended. */
  readonly hang?: 'afterTool' | 'afterAnswer' | 'afterResult';
  /** Answers nothing, ever. */
  readonly neverReady?: boolean;
  /** Hears its stdin only after this long. */
  readonly startDelayMs?: number;
  readonly ignoreTerm?: boolean;
  readonly ignoreInterrupt?: boolean;
  readonly ignoreEof?: boolean;
  readonly print?: {
    /** @default 'message' */
    readonly at?: Place;
    /** The line as it stands, which need not be JSON. Without it: a JSON line of about `bytes`. */
    readonly text?: string;
    readonly bytes?: number;
    /** @default 1 */
    readonly lines?: number;
    /** @default true */
    readonly newline?: boolean;
    /** @default 'stdout' */
    readonly stream?: 'stdout' | 'stderr';
  };
  /** Numbered lines of a kilobyte, as fast as they are taken. */
  readonly flood?: {
    /** @default 'message' */
    readonly at?: Place;
    readonly mb: number;
  };
  /** Writes to stdout hold at most this many bytes: 1 splits every multi-byte character. */
  readonly chunkBytes?: number;
  /** Starts processes that outlive it: a plain child, one in its own session, a grandchild that nobody owns. */
  readonly leftovers?: {
    /** @default 'message' */
    readonly at?: Place;
    readonly kinds: readonly ('child' | 'setsid' | 'daemon')[];
    /** @default 60 */
    readonly seconds?: number;
    /** Each appends its process id, one a line; relative to the script's folder. */
    readonly pidFile?: string;
    /** They keep stdout and stderr open. */
    readonly holdStdout?: boolean;
  };
  readonly memory?: {
    /** @default 'message' */
    readonly at?: Place;
    /** It grows by this much, */
    readonly mb: number;
    /**
     * again and again,
     * @default 100
     */
    readonly everyMs?: number;
    /**
     * up to this.
     * @default ten times `mb`
     */
    readonly mbMax?: number;
  };
  /** What `initialize` says about the credential, instead of the truth. */
  readonly tokenSource?: string;
  /** What a request costs. */
  readonly costUsd?: number;
};

export type Deed = ApiDeed & ProcessDeed;

/** What a moment looks like to a fault. */
export type Moment = {
  readonly process: number;
  readonly turn: number;
  readonly attempt: number;
  readonly text: string;
  readonly model: string;
  readonly token: string;
  readonly session: string | null;
  readonly pid: number | null;
  readonly windows: ReadonlySet<string>;
  readonly nowMs: number;
  readonly exists: (file: string) => boolean;
};

export function holds(when: When, moment: Moment): boolean {
  return (
    inRange(when.process, moment.process) &&
    inRange(when.turn, moment.turn) &&
    inRange(when.attempt, moment.attempt) &&
    (when.contains === undefined || moment.text.includes(when.contains)) &&
    (when.tier === undefined || moment.model.includes(when.tier)) &&
    (when.token === undefined || moment.token.endsWith(when.token)) &&
    (when.session === undefined || when.session === moment.session) &&
    (when.pid === undefined || when.pid === moment.pid) &&
    (when.window === undefined || moment.windows.has(when.window)) &&
    (when.fromFile === undefined || moment.exists(when.fromFile)) &&
    (when.untilFile === undefined || !moment.exists(when.untilFile)) &&
    (when.from === undefined || moment.nowMs >= new Date(when.from).getTime()) &&
    (when.until === undefined || moment.nowMs < new Date(when.until).getTime())
  );
}

function inRange(range: Count | undefined, count: number): boolean {
  if (range === undefined) return true;
  if (typeof range === 'number') return count === range;
  return count >= (range.from ?? 1) && count <= (range.until ?? Infinity);
}
