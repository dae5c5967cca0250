import { CAUSE_OF, CAUSES, type Cause } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import type { Agent, Incident, Recovery } from './fleet.ts';
import {
  addAttempt,
  addEvidence,
  addReceipt,
  changeLastAttempt,
  findOpenIncident,
  leaveIncident,
  openIncident,
  putIncident,
  widen,
} from './incidents.ts';
import { after, elapsedMs, stampOf, wall, type Deadline } from './moment.ts';
import { quietDelay, SLOW_ATTEMPT_MS } from './quiet.ts';
import { mendSession } from './sessions.ts';

/** Failures that no restart helps are asked again after this, doubling. */
export const LATER_MS_MIN = 30_000;
export const LATER_MS_MAX = 10 * 60_000;
/** After a cap's reset time all of its agents would ask at once; each adds up to this. */
export const RESET_SPREAD_MS = 10_000;
/** A message that failed by its own fault is asked again after this, doubling with each. */
export const AGAIN_MS = 1_000;

/** The turn of an agent has failed: puts the agent into an incident and plans what happens next. */
export function onFailure(draft: Draft, agent: Agent, failure: Failure): Agent {
  const cause = CAUSE_OF[failure.kind];
  const counted = countFailure(agent, failure);
  record(draft, counted, 'turn-failed', cause, describeFailure(failure));
  const action = CAUSES[cause].action;
  switch (action) {
    case 'restart':
      return planAttempt(draft, joinIncident(draft, counted, cause, failure), cause);
    case 'hold':
      return hold(draft, joinIncident(draft, counted, cause, failure), cause);
    case 'fresh':
      return planAttempt(draft, joinIncident(draft, mendSession(draft, counted), cause, failure), cause);
    case 'later':
      return later(draft, joinIncident(draft, counted, cause, failure), cause);
    case 'reset':
      return untilReset(draft, joinIncident(draft, counted, cause, failure), failure);
    case 'backoff':
    case 'none':
      return put(draft, askAgainSoon(draft, counted));
  }
}

/** A good answer clears the trouble of the process that gave it, and is the only thing that does. */
export function onGoodAnswer(draft: Draft, agent: Agent, messageId: string | null): Agent {
  const healthy: Agent = { ...agent, health: 'healthy', patience: null, recovery: null };
  const recovery = agent.recovery;
  const incident = recovery === null ? undefined : draft.incidents[recovery.incident];
  if (recovery === null || incident === undefined) return put(draft, healthy);
  const receipt = {
    agent: agent.spec.name,
    failedRequestId: recovery.failedRequestId,
    attempts: recovery.attempts,
    messageId,
    at: draft.moment.wall,
    downMs: elapsedMs(recovery.failedAt, draft.moment),
  };
  const proven = changeLastAttempt(incident, agent.spec.name, { outcome: 'recovered' });
  const detail = `answered ${messageId ?? ''} after ${recovery.attempts} attempt(s), ${Math.round(receipt.downMs / 100) / 10} s`;
  record(draft, agent, 'recovered', incident.cause, detail);
  leave(draft, agent, addReceipt(proven, receipt));
  return put(draft, healthy);
}

/** The operator stopped or deleted the agent: it is no longer part of any trouble. */
export function abandonRecovery(draft: Draft, agent: Agent): Agent {
  const incident = agent.recovery === null ? undefined : draft.incidents[agent.recovery.incident];
  if (incident !== undefined) {
    leave(draft, agent, changeLastAttempt(incident, agent.spec.name, { outcome: 'unproven' }));
  }
  return { ...agent, recovery: null, patience: null };
}

/** The planned attempt begins: from here on only the new process can prove anything. */
export function beginAttempt(draft: Draft, agent: Agent, recovery: Recovery): Agent {
  const incident = draft.incidents[recovery.incident];
  const attempts = recovery.attempts + 1;
  const cause = incident?.cause ?? 'unknown';
  if (incident !== undefined) {
    putIncident(
      draft,
      addAttempt(incident, {
        agent: agent.spec.name,
        at: draft.moment.wall,
        run: null,
        canary: false,
        outcome: 'pending',
      }),
    );
  }
  record(draft, agent, 'attempt', cause, `attempt ${attempts} in ${recovery.incident}`);
  return put(draft, {
    ...agent,
    recovery: { ...recovery, stage: 'replacing', attempts, next: null },
  });
}

/** The attempt has its process. */
export function attemptRuns(draft: Draft, agent: Agent, recovery: Recovery, run: string): Recovery {
  const incident = draft.incidents[recovery.incident];
  if (incident !== undefined) {
    putIncident(draft, changeLastAttempt(incident, agent.spec.name, { run }));
  }
  return { ...recovery, stage: 'verifying', next: null };
}

/** The new process has not answered within `auth.verify.timeout`: it proved nothing, the next attempt is planned. */
export function attemptUnproven(draft: Draft, agent: Agent, recovery: Recovery): Agent {
  const incident = draft.incidents[recovery.incident];
  if (incident === undefined) return put(draft, { ...agent, recovery: null });
  putIncident(draft, changeLastAttempt(incident, agent.spec.name, { outcome: 'unproven' }));
  record(draft, agent, 'attempt-failed', incident.cause, 'no answer in time');
  return plan(draft, agent, recovery, incident);
}

/** One line of evidence, for people. */
export function describeFailure(failure: Failure): string {
  const head = [failure.status, failure.error].filter((part) => part !== null).join(' ');
  const request = failure.requestId === null ? '' : ` (request ${failure.requestId})`;
  return `${head || failure.kind}${request}: ${failure.text}`;
}

function countFailure(agent: Agent, failure: Failure): Agent {
  const isAuth = failure.kind === 'auth' || failure.kind === 'credential';
  if (!isAuth) return agent;
  return { ...agent, counts: { ...agent.counts, auth401s: agent.counts.auth401s + 1 } };
}

/** The key under which agents with the same trouble meet. */
function incidentKey(agent: Agent, cause: Cause): string {
  const credential = agent.spec.credentials[0] ?? agent.spec.name;
  switch (CAUSES[cause].scope) {
    case 'credential':
    case 'account':
    case 'window':
      return credential;
    case 'tier':
      return `${credential} ${agent.model ?? agent.spec.claude.model ?? ''}`.trim();
    case 'upstream':
    case 'machine':
      return CAUSES[cause].scope;
    case 'session':
    case 'config':
      return agent.spec.name;
  }
}

function joinIncident(draft: Draft, troubled: Agent, cause: Cause, failure: Failure): Agent {
  const agent = leaveLesserTrouble(draft, troubled, cause);
  const name = agent.spec.name;
  const scope = CAUSES[cause].scope;
  const key = incidentKey(agent, cause);
  const own = agent.recovery === null ? undefined : draft.incidents[agent.recovery.incident];
  const known = own ?? findOpenIncident(draft, scope, key);
  const incident = known ?? openIncident(draft, scope, key, cause);
  const widened = widen(incident, scope, key, cause);
  const seen = addEvidence(widened, name, `${name}: ${describeFailure(failure)}`, failure.requestId);
  const failed = changeLastAttempt(seen, name, { outcome: 'failed' });
  putIncident(draft, failed);
  if (known === undefined) {
    record(draft, agent, 'incident-opened', cause, `${incident.id}: ${CAUSES[cause].told}`);
  }
  if (agent.recovery?.stage === 'verifying') {
    record(draft, agent, 'attempt-failed', cause, describeFailure(failure));
  }
  const recovery: Recovery = agent.recovery ?? {
    incident: incident.id,
    stage: 'waiting',
    attempts: 0,
    delayMs: 0,
    next: null,
    failedAt: stampOf(draft.moment),
    failedRequestId: failure.requestId,
  };
  return { ...agent, recovery };
}

/** An agent that only waited for a throttle or cap and now fails otherwise is in another trouble, not in a wider one. */
function leaveLesserTrouble(draft: Draft, agent: Agent, cause: Cause): Agent {
  const recovery = agent.recovery;
  const isLesser = recovery?.stage === 'waiting' && recovery.attempts === 0;
  const action = CAUSES[cause].action;
  return isLesser && action !== 'later' && action !== 'reset' ? abandonRecovery(draft, agent) : agent;
}

/** Attempt 0 of an incident is immediate; every later one waits for the quiet schedule. */
function planAttempt(draft: Draft, agent: Agent, cause: Cause): Agent {
  const recovery = agent.recovery;
  const incident = recovery === null ? undefined : draft.incidents[recovery.incident];
  if (recovery === null || incident === undefined) return put(draft, agent);
  if (recovery.attempts > 0) return plan(draft, agent, recovery, incident);
  const health = CAUSES[cause].health ?? agent.health;
  const next = after(draft.moment, 0);
  return put(draft, { ...agent, health, recovery: { ...recovery, stage: 'planned', next } });
}

function plan(draft: Draft, agent: Agent, recovery: Recovery, incident: Incident): Agent {
  const policy = agent.spec.auth.quiet;
  const quiet = quietDelay(policy, recovery.delayMs, incident.openedAt, draft.moment);
  return put(draft, {
    ...agent,
    health: 'quiet',
    recovery: { ...recovery, stage: 'planned', delayMs: quiet.delayMs, next: quiet.until },
  });
}

/** A person is needed. A credential gets one restart first: a running process never re-reads a login. */
function hold(draft: Draft, agent: Agent, cause: Cause): Agent {
  const recovery = agent.recovery;
  if (recovery === null) return put(draft, agent);
  if (cause === 'auth-credential' && recovery.attempts === 0) {
    return planAttempt(draft, { ...agent, health: 'wedged' }, 'auth-session');
  }
  record(draft, agent, 'held', cause, CAUSES[cause].told);
  const next = cause === 'auth-credential' ? after(draft.moment, SLOW_ATTEMPT_MS) : null;
  return put(draft, { ...agent, health: 'held', recovery: { ...recovery, stage: 'held', next } });
}

function later(draft: Draft, agent: Agent, cause: Cause): Agent {
  const delayMs = Math.min(LATER_MS_MAX, (agent.patience?.delayMs ?? LATER_MS_MIN / 2) * 2);
  return wait(draft, agent, CAUSES[cause].health ?? agent.health, delayMs, after(draft.moment, delayMs));
}

function untilReset(draft: Draft, agent: Agent, failure: Failure): Agent {
  if (failure.resetsAt === null) {
    return wait(draft, agent, 'capped', LATER_MS_MAX, after(draft.moment, LATER_MS_MAX));
  }
  const at = wall(Math.max(failure.resetsAt, draft.moment.wall) + draft.moment.roll * RESET_SPREAD_MS);
  return wait(draft, agent, 'capped', LATER_MS_MIN, { clock: 'wall', at });
}

/** The process is kept; its messages wait. An attempt that ends this way proved nothing about auth. */
function wait(
  draft: Draft,
  agent: Agent,
  health: Agent['health'],
  delayMs: number,
  until: Deadline,
): Agent {
  const recovery: Recovery | null =
    agent.recovery === null ? null : { ...agent.recovery, stage: 'waiting', next: null };
  return put(draft, { ...agent, health, recovery, patience: { until, delayMs } });
}

function askAgainSoon(draft: Draft, agent: Agent): Agent {
  const bad = agent.queue[0]?.badDeliveries ?? 0;
  const delayMs = AGAIN_MS * 2 ** Math.max(0, bad - 1);
  return { ...agent, patience: { until: after(draft.moment, delayMs), delayMs: LATER_MS_MIN / 2 } };
}

function leave(draft: Draft, agent: Agent, incident: Incident): void {
  const left = leaveIncident(draft, incident, agent.spec.name);
  if (left.closedAt === null) return;
  record(draft, agent, 'incident-closed', left.cause, left.id);
}
