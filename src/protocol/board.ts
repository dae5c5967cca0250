import type { Cause } from '../kernel/causes.ts';
import { causeNow } from '../kernel/explain.ts';
import { runOf, type Agent, type Fleet } from '../kernel/fleet.ts';
import type { Moment } from '../kernel/moment.ts';
import type { CredentialRow } from './auth-rows.ts';
import type { DaemonStatus } from './api.ts';
import { explanationRow } from './explanation.ts';
import type { AgentRow, EventRow, ExplanationRow, IncidentRow } from './rows.ts';
import { agentRow, iso, type Usage } from './views.ts';

/** One agent as a screen shows it. */
export type BoardAgent = {
  readonly row: AgentRow;
  /** Of the turn that is in progress. */
  readonly turnStartedAt: string | null;
  /** The credential that it works on while its own is in trouble. */
  readonly fallback: string | null;
  /** Why it is in trouble or down; null when it is neither. */
  readonly cause: Cause | null;
  readonly explanation: ExplanationRow;
};

/** What it did in the quarter of an hour that began then. */
export type ActivityRow = {
  readonly at: string;
  readonly good: number;
  readonly failed: number;
  readonly restarts: number;
};

/** All that a screen of the fleet shows before somebody looks closer. */
export type Board = {
  readonly agents: readonly BoardAgent[];
  /** Those that are open. */
  readonly incidents: readonly IncidentRow[];
  readonly credentials: readonly CredentialRow[];
  /** Null where there is no daemon and the files were read. */
  readonly status: DaemonStatus | null;
};

/** What has changed: those that are named are shown anew, the others are as they were. */
export type BoardChange = {
  readonly agents?: readonly BoardAgent[];
  readonly removed?: readonly string[];
  /** Opened, changed or closed. */
  readonly incidents?: readonly IncidentRow[];
  readonly credentials?: readonly CredentialRow[];
  readonly status?: DaemonStatus;
  readonly events?: readonly EventRow[];
  /** What the processes of each agent use: per cent of one core, bytes. */
  readonly usage?: Readonly<Record<string, Usage>>;
};

/** `usage` is the host's to add. */
export function boardAgent(
  fleet: Fleet,
  agent: Agent,
  now: Moment,
  usage: Usage,
  degraded: readonly string[],
): BoardAgent {
  return {
    row: agentRow(fleet, agent, now, usage, degraded),
    turnStartedAt: agent.turn === null || runOf(agent.state) === null ? null : iso(agent.turn.startedAt.wall),
    fallback: agent.fallback?.name ?? null,
    cause: causeNow(fleet, agent),
    explanation: explanationRow(fleet, agent, now),
  };
}
