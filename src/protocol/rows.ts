import type { Cause, Health, Scope } from '../kernel/causes.ts';

/** One row of `list --json`: the field names are a contract. Times are ISO 8601 UTC, sizes bytes, absent values null. */
export type AgentRow = {
  readonly id: number;
  readonly name: string;
  readonly namespace: string;
  readonly mode: 'stream' | 'command';
  readonly desired: 'up' | 'down';
  readonly paused: boolean;
  readonly state: 'stopped' | 'starting' | 'running' | 'stopping' | 'waiting' | 'errored';
  readonly health: Health;
  /** Since when state and health are what they are. */
  readonly since: string;
  readonly pid: number | null;
  readonly run: string | null;
  readonly startedAt: string | null;
  readonly restarts: number;
  readonly restartsByCause: Readonly<Partial<Record<Cause, number>>>;
  readonly auth401s: number;
  readonly lastGoodTurnAt: string | null;
  readonly lastTurn: {
    readonly startedAt: string;
    readonly endedAt: string | null;
    readonly outcome: 'good' | 'failed' | 'aborted';
    readonly cause: Cause | null;
    readonly status: number | null;
    readonly requestId: string | null;
  } | null;
  readonly inTurn: boolean;
  readonly queued: number;
  readonly nextAttemptAt: string | null;
  readonly incident: string | null;
  readonly credential: { readonly name: string; readonly fingerprint: string | null } | null;
  readonly sessionId: string | null;
  readonly model: string | null;
  readonly tier: string | null;
  readonly claudeVersion: string | null;
  /** Per cent of one core, over the tree; null when unknown. */
  readonly cpu: number | null;
  readonly rss: number | null;
  readonly costUsd: number;
  readonly notionalUsd: number;
  readonly adopted: boolean;
  /** What agentvisor cannot do right now for this agent, empty when all is well. */
  readonly degraded: readonly string[];
};

/** One element of `incidents --json`. */
export type IncidentRow = {
  readonly id: string;
  readonly scope: Scope;
  readonly key: string;
  readonly cause: Cause;
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly mergedInto: string | null;
  readonly agents: readonly string[];
  readonly evidence: readonly string[];
  readonly attempts: readonly {
    readonly agent: string;
    readonly at: string;
    readonly run: string | null;
    readonly canary: boolean;
    readonly outcome: string;
  }[];
  readonly firstRequestId: string | null;
  readonly requestIds: readonly string[];
  readonly recoveries: readonly RecoveryRow[];
  readonly receipt: RecoveryRow | null;
};

export type RecoveryRow = {
  readonly agent: string;
  readonly failedRequestId: string | null;
  readonly attempts: number;
  readonly messageId: string | null;
  readonly at: string;
  readonly downMs: number;
};

/** One element of `explain --json`. Where there is nothing to say the text is empty; `text` is all of it in one paragraph. */
export type ExplanationRow = {
  readonly name: string;
  readonly text: string;
  readonly is: string;
  readonly why: string;
  readonly next: string;
  readonly todo: string;
};

/** One element of `history NAME --json`; `events` shows the same with the agent's name. */
export type HistoryRow = {
  readonly at: string;
  readonly run: string | null;
  readonly event: string;
  readonly cause: Cause | null;
  readonly detail: string;
};

export type EventRow = HistoryRow & { readonly agent: string };
