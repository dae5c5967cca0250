import type { RotationStage, RotationStep } from '../kernel/ledger.ts';
import type { Cause } from '../kernel/causes.ts';
import type { RestartHow } from '../kernel/events.ts';
import type { AgentSpec, CredentialSpec, NotifySpec } from '../kernel/spec.ts';
import type { IncidentStats } from './incident-stats.ts';
import type { AuthReport, CredentialRow } from './auth-rows.ts';
import type { ActivityRow, Board, BoardChange } from './board.ts';
import type { AgentRow, EventRow, ExplanationRow, HistoryRow, IncidentRow } from './rows.ts';

/** Raised when a client of one number can no longer talk to a daemon of another. */
export const PROTOCOL = 1;

/** Of a message's text: larger than what an agent can read in one turn. */
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Targets: names, globs, `all`, `namespace:NS`. */
export type Targets = readonly string[];

/** What became of one agent; `ok: false` carries why. */
export type AgentResult = {
  readonly name: string;
  readonly ok: boolean;
  /** `new changed same started stopped restarted reloaded paused resumed reset deleted removed …`, for people and scripts. */
  readonly change: string;
  readonly cause: Cause | null;
  readonly detail: string;
};

export type MessageOutcome = {
  readonly id: string;
  readonly state: 'queued' | 'sent' | 'answered' | 'failed' | 'cancelled';
  readonly answer: string | null;
  readonly cause: Cause | null;
  readonly detail: string;
};

export type DaemonStatus = {
  readonly pid: number;
  readonly version: string;
  readonly protocol: number;
  readonly home: string;
  readonly socket: string;
  readonly startedAt: string;
  readonly uptimeMs: number;
  readonly agents: number;
  readonly alive: number;
  readonly openIncidents: number;
  readonly rss: number;
  /**
   * How often the daemon did not run for seconds since it began, and how long at most: the machine slept, or was too busy. An
   * older daemon does not say it.
   */
  readonly timeLost?: { readonly times: number; readonly longestMs: number };
  readonly degraded: readonly string[];
};

/** What `start FILE` and `apply` hand over. Secrets travel over the socket only and stay in the daemon's memory. */
export type ApplyParams = {
  readonly file: string;
  readonly agents: readonly AgentSpec[];
  readonly credentials: readonly CredentialSpec[];
  /** Where notices about the file's agents go. */
  readonly notify: readonly NotifySpec[];
  /** The allow-listed environment, without secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Values of the variables that `env` sources, `envPass` and secret proxies name, as far as the CLI has them. */
  readonly secrets: Readonly<Record<string, string>>;
};

/** What a plan is made of: no secret, and nothing of the shell's environment. */
export type PlanParams = Pick<ApplyParams, 'file' | 'agents' | 'credentials'> & { readonly prune: boolean };

export type Saved = { readonly agents: number; readonly degraded: readonly string[] };

/** What was removed of one agent's logs. */
export type Flushed = { readonly name: string; readonly runs: number; readonly bytes: number };

/** The replacement of a secret, as far as it has come. */
export type RotationRow = {
  readonly id: string;
  readonly credential: string;
  readonly from: string | null;
  readonly to: string;
  readonly stage: RotationStage;
  /** Nothing more happens, or only what the next messages of some agents will show. */
  readonly over: boolean;
  /** Agents that run and have not answered on the new secret yet. */
  readonly unproven: readonly string[];
  /** Why it was undone, '' otherwise. */
  readonly why: string;
  readonly steps: readonly {
    readonly at: string;
    readonly step: RotationStep['step'];
    readonly agent: string | null;
    readonly detail: string;
  }[];
};

/** Every method of the socket: what goes in, what comes out. A request that acts answers when the act is done. */
export type Api = {
  hello: { params: { protocol: number; version: string }; result: { protocol: number; version: string; pid: number } };
  ping: { params: Record<string, never>; result: { pid: number; uptimeMs: number } };
  list: { params: { targets: Targets }; result: readonly AgentRow[] };
  describe: { params: { targets: Targets }; result: readonly Description[] };
  /** `prune`: agents that came from this file and stand no longer in it are deleted. */
  apply: { params: ApplyParams & { readonly prune: boolean }; result: readonly AgentResult[] };
  /** What `apply` would do. A method of its own: a daemon that does not know it changes nothing. */
  plan: { params: PlanParams; result: readonly AgentResult[] };
  start: { params: { targets: Targets }; result: readonly AgentResult[] };
  stop: { params: { targets: Targets }; result: readonly AgentResult[] };
  restart: { params: { targets: Targets; how: RestartHow; reason: string | null }; result: readonly AgentResult[] };
  pause: { params: { targets: Targets; paused: boolean }; result: readonly AgentResult[] };
  reset: { params: { targets: Targets }; result: readonly AgentResult[] };
  delete: { params: { targets: Targets }; result: readonly AgentResult[] };
  /** Answers once the message is on disk; `id` makes a repeated call harmless. */
  send: { params: { agent: string; text: string; id: string }; result: { id: string } };
  /** Answers once the message is answered, failed or cancelled. */
  outcome: { params: { agent: string; id: string }; result: MessageOutcome };
  history: { params: { agent: string }; result: readonly HistoryRow[] };
  /** No target: all agents. */
  explain: { params: { targets: Targets }; result: readonly ExplanationRow[] };
  /** As declared: sources and never a secret. */
  credentials: { params: Record<string, never>; result: readonly CredentialSpec[] };
  /** What is known of each declared credential without a look at any file. */
  'credential-states': { params: Record<string, never>; result: readonly CredentialRow[] };
  /** What agents sign in with, and how their credentials are. No target: all agents and all declared credentials. */
  auth: { params: { targets: Targets }; result: AuthReport };
  /** `open`: those alone, without a look at the file that holds all. */
  incidents: { params: { open: boolean }; result: readonly IncidentRow[] };
  'incident-stats': { params: Record<string, never>; result: IncidentStats };
  events: { params: { lines: number }; result: readonly EventRow[] };
  /** Answers when every target is so, or `timedOut` names those that are not. */
  wait: {
    params: { targets: Targets; for: 'healthy' | 'up' | 'down'; timeoutMs: number };
    result: { timedOut: readonly string[] };
  };
  status: { params: Record<string, never>; result: DaemonStatus };
  /** Writes a snapshot, which happens by itself too; how many agents are in it, and what the disk refuses. */
  save: { params: Record<string, never>; result: Saved };
  /** Removes the logs of ended runs, never those of a live one. */
  flush: { params: { targets: Targets }; result: readonly Flushed[] };
  /** Begins to replace the secret of a credential whose source is a file; answers when that is on the disk. */
  rotate: {
    params: { credential: string; secret: string };
    result: { readonly rotation: string };
  };
  /** Gives a rotation up: all go back to the old secret. */
  'undo-rotation': { params: { credential: string }; result: { readonly rotation: string } };
  /** Answers when more than `seen` steps are known, or when it is over; null: there was none. */
  rotation: { params: { credential: string; seen: number }; result: RotationRow | null };
  /** The daemon ends; with `agents` it stops every agent first. */
  shutdown: { params: { agents: boolean }; result: { stopped: readonly string[] } };
  /** One snapshot, then notifications (`Notification`) on the same connection, with nothing lost in between. */
  subscribe: {
    params: Record<string, never>;
    result: { agents: readonly AgentRow[]; incidents: readonly IncidentRow[] };
  };
  /** The same for a screen: one snapshot, then `board` notifications with what changed, at most ten a second. */
  board: { params: Record<string, never>; result: Board };
};

export type Method = keyof Api;

export type Notification =
  | { readonly method: 'agent'; readonly params: AgentRow }
  | { readonly method: 'agent-removed'; readonly params: { readonly name: string } }
  | { readonly method: 'incident'; readonly params: IncidentRow }
  | { readonly method: 'event'; readonly params: EventRow }
  | { readonly method: 'board'; readonly params: BoardChange }
  /** The client was too slow: this many notifications were dropped before this one. */
  | { readonly method: 'dropped'; readonly params: { readonly count: number } };

export type Description = {
  readonly agent: AgentRow;
  readonly spec: AgentSpec;
  /** In one or two sentences: what is, why, what happens next. */
  readonly explain: string;
  readonly runFolder: string | null;
  readonly activity: readonly ActivityRow[];
  /** Output that was dropped because there was more than `log.total`, over all runs; null: none was. */
  readonly dropped: { readonly lines: number; readonly bytes: number } | null;
  readonly messages: readonly {
    readonly id: string;
    readonly state: string;
    readonly queuedAt: string;
    readonly cause: Cause | null;
  }[];
};
