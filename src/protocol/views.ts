import { credentialNameOf } from '../kernel/ledger.ts';
import { nextAttempt } from '../kernel/deadlines.ts';
import { runOf, type Agent, type Fleet } from '../kernel/fleet.ts';
import { logOf } from '../kernel/logs.ts';
import type { Incident, Receipt } from '../kernel/trouble.ts';
import { expectedAt, type Stamp } from '../kernel/moment.ts';
import { tierOf } from '../kernel/tier.ts';
import type { ActivityRow } from './board.ts';
import type { AgentRow, IncidentRow, RecoveryRow } from './rows.ts';

/** What the host adds to what the kernel knows. */
export type Usage = { readonly cpu: number | null; readonly rss: number | null };

export const noUsage: Usage = { cpu: null, rss: null };

export const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** One row of `list --json`. */
export function agentRow(
  fleet: Pick<Fleet, 'incidents' | 'disk'>,
  agent: Agent,
  now: Stamp,
  usage: Usage,
  degraded: readonly string[],
): AgentRow {
  const run = runOf(agent.state);
  const next = nextAttempt(fleet, agent);
  const model = agent.model ?? agent.spec.claude.model;
  const credential = credentialNameOf(agent);
  return {
    id: agent.id,
    name: agent.spec.name,
    namespace: agent.spec.namespace,
    mode: agent.spec.mode,
    desired: agent.desired,
    paused: agent.paused,
    state: agent.state.at,
    health: agent.health,
    since: iso(agent.since.wall),
    pid: run?.pid ?? null,
    run: run?.id ?? null,
    startedAt: isoOrNull(run?.startedAt.wall ?? null),
    restarts: agent.counts.restarts,
    restartsByCause: agent.counts.byCause,
    auth401s: agent.counts.auth401s,
    lastGoodTurnAt: isoOrNull(agent.lastGoodTurnAt),
    lastTurn: lastTurnRow(agent),
    inTurn: agent.turn !== null,
    queued: agent.queue.filter((message) => message.state === 'queued').length,
    nextAttemptAt: next === null ? null : iso(expectedAt(next, now)),
    incident: agent.recovery?.incident ?? null,
    credential: credential === null ? null : { name: credential, fingerprint: agent.fingerprint },
    sessionId: agent.spec.mode === 'stream' ? agent.session.id : null,
    model,
    tier: tierOf(model),
    claudeVersion: agent.claudeVersion,
    cpu: usage.cpu,
    rss: usage.rss,
    costUsd: agent.costUsd,
    notionalUsd: agent.notionalUsd,
    adopted: run?.adopted ?? false,
    degraded: [...degraded, ...outputTrouble(fleet, agent)],
  };
}

/** The last day of an agent, oldest first. */
export const activityRows = ({ activity }: Agent): readonly ActivityRow[] =>
  activity.map((slot) => ({ ...slot, at: iso(slot.at) }));

/** What cannot be done with an agent's output. */
function outputTrouble({ disk }: Pick<Fleet, 'disk'>, { state, spec }: Agent): readonly string[] {
  const run = runOf(state);
  const problem = run === null ? null : logOf(run).problem;
  return [
    ...(disk === null ? [] : [`output: the disk is full (log.onFull: ${spec.log.onFull})`]),
    ...(problem === null ? [] : [`output: the log is larger than log.maxSize and is not cut: ${problem}`]),
  ];
}

function lastTurnRow(agent: Agent): AgentRow['lastTurn'] {
  const turn = agent.lastTurn;
  if (turn === null) return null;
  return { ...turn, startedAt: iso(turn.startedAt), endedAt: iso(turn.endedAt) };
}

/** One element of `incidents --json`. */
export function incidentRow(incident: Incident): IncidentRow {
  const recoveries = incident.recoveries.map(recoveryRow);
  return {
    id: incident.id,
    scope: incident.scope,
    key: incident.key,
    cause: incident.cause,
    openedAt: iso(incident.openedAt.wall),
    closedAt: isoOrNull(incident.closedAt),
    mergedInto: incident.mergedInto,
    agents: incident.agents,
    evidence: incident.evidence,
    attempts: incident.attempts.map((attempt) => ({ ...attempt, at: iso(attempt.at) })),
    firstRequestId: incident.requestIds[0] ?? null,
    requestIds: incident.requestIds,
    recoveries,
    receipt: recoveries[0] ?? null,
  };
}

const recoveryRow = (receipt: Receipt): RecoveryRow => ({ ...receipt, at: iso(receipt.at) });
