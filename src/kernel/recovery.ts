import { CAUSE_OF, CAUSES, isAuthFailure, isLimit, type Cause } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import type { Agent, Attempt, Incident, Recovery } from './fleet.ts';
import {
  addEvidence,
  addReceipt,
  changeLastAttempt,
  findOpenIncident,
  leaveIncident,
  openIncident,
  putIncident,
  widen,
} from './incidents.ts';
import { elapsedMs, stampOf } from './moment.ts';
import { askAgainSoon, askLater, askWhenReset, hold, planAttempt } from './plans.ts';
import { mendSession } from './sessions.ts';
import { tierOf } from './tier.ts';

/** The turn of an agent has failed: puts the agent into an incident and plans what happens next. */
export function onFailure(draft: Draft, agent: Agent, failure: Failure): Agent {
  const cause = CAUSE_OF[failure.kind];
  const counted = countFailure(agent, failure);
  record(draft, counted, 'turn-failed', cause, describeFailure(failure));
  // This process is on its way out: the next one, if there is one, will show whether the trouble is still there.
  const isGoing = agent.desired === 'down' || (agent.state.at === 'stopping' && agent.state.asked);
  if (isGoing) return put(draft, counted);
  switch (CAUSES[cause].action) {
    case 'restart':
      return planAttempt(draft, joinIncident(draft, counted, cause, failure), cause);
    case 'hold':
      return hold(draft, joinIncident(draft, counted, cause, failure), cause);
    case 'fresh':
      return planAttempt(draft, joinIncident(draft, mendSession(draft, counted), cause, failure), cause);
    case 'later':
      return askLater(draft, joinIncident(draft, counted, cause, failure), cause);
    case 'reset':
      return askWhenReset(draft, joinIncident(draft, counted, cause, failure), failure);
    case 'backoff':
    case 'none':
      return put(draft, askAgainSoon(draft, counted));
  }
}

/**
 * A good answer clears the trouble of the process that gave it, and is the only thing that does. A limit is cleared
 * only by an answer of the limited family of models: a subagent on a smaller one shows nothing.
 */
export function onGoodAnswer(
  draft: Draft,
  agent: Agent,
  answer: { readonly messageId: string | null; readonly model: string },
): Agent {
  const tier = agent.patience?.tier ?? null;
  const isStillLimited = tier !== null && tierOf(answer.model) !== tier;
  const patience = isStillLimited ? agent.patience : null;
  const incident = incidentOf(draft, agent);
  if (isStillLimited && (incident === undefined || isLimit(incident.cause))) return put(draft, agent);
  const healthy: Agent = { ...agent, health: 'healthy', patience, recovery: null };
  if (incident !== undefined && agent.recovery !== null) {
    giveReceipt(draft, agent, agent.recovery, incident, answer.messageId);
  }
  return put(draft, healthy);
}

/** The agent was stopped, has ended for good or was deleted: it is no longer part of any trouble. */
export function abandonRecovery(draft: Draft, agent: Agent): Agent {
  const incident = incidentOf(draft, agent);
  if (incident !== undefined) {
    leave(draft, agent, changeLastAttempt(incident, agent.spec.name, { outcome: 'unproven' }));
  }
  return { ...agent, recovery: null, patience: null, health: agent.recovery === null ? agent.health : 'unknown' };
}

/** One line of evidence, for people. */
export function describeFailure(failure: Failure): string {
  const head = [failure.status, failure.error].filter((part) => part !== null).join(' ');
  const request = failure.requestId === null ? '' : ` (request ${failure.requestId})`;
  return `${head || failure.kind}${request}: ${failure.text}`;
}

const incidentOf = (draft: Draft, agent: Agent): Incident | undefined =>
  agent.recovery === null ? undefined : draft.incidents[agent.recovery.incident];

function countFailure(agent: Agent, failure: Failure): Agent {
  if (!isAuthFailure(failure.kind)) return agent;
  return { ...agent, counts: { ...agent.counts, auth401s: agent.counts.auth401s + 1 } };
}

function giveReceipt(
  draft: Draft,
  agent: Agent,
  recovery: Recovery,
  incident: Incident,
  messageId: string | null,
): void {
  const downMs = elapsedMs(recovery.failedAt, draft.moment);
  const receipt = {
    agent: agent.spec.name,
    failedRequestId: recovery.failedRequestId,
    attempts: recovery.attempts,
    messageId,
    at: draft.moment.wall,
    downMs,
  };
  const proven = changeLastAttempt(incident, agent.spec.name, { outcome: 'recovered' });
  const detail = `answered ${messageId ?? ''} after ${recovery.attempts} attempt(s), ${Math.round(downMs / 100) / 10} s`;
  record(draft, agent, 'recovered', incident.cause, detail);
  leave(draft, agent, addReceipt(proven, receipt));
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
      return `${credential} ${tierOf(agent.model ?? agent.spec.claude.model) ?? ''}`.trim();
    case 'upstream':
    case 'machine':
      return CAUSES[cause].scope;
    case 'session':
    case 'config':
      return agent.spec.name;
  }
}

function joinIncident(draft: Draft, agent: Agent, cause: Cause, failure: Failure): Agent {
  const name = agent.spec.name;
  const scope = CAUSES[cause].scope;
  const key = incidentKey(agent, cause);
  const own = incidentOf(draft, agent);
  const isOther = own !== undefined && isLimit(own.cause) && !isLimit(cause);
  const known = (isOther ? undefined : own) ?? findOpenIncident(draft, scope, key, cause);
  const incident = known ?? openIncident(draft, scope, key, cause);
  // A limit says nothing about the trouble in which the agent already is.
  const verdict = isLimit(cause) && !isLimit(incident.cause) ? incident : widen(incident, scope, key, cause);
  const seen = addEvidence(verdict, name, `${name}: ${describeFailure(failure)}`, failure.requestId);
  putIncident(draft, changeLastAttempt(seen, name, { outcome: outcomeOf(cause) }));
  if (known === undefined) {
    record(draft, agent, 'incident-opened', cause, `${incident.id}: ${CAUSES[cause].told}`);
  }
  if (agent.recovery?.stage === 'verifying') {
    record(draft, agent, 'attempt-failed', cause, describeFailure(failure));
  }
  if (isOther) leave(draft, agent, own, incident.id);
  const begun: Recovery = {
    incident: incident.id,
    stage: 'waiting',
    attempts: 0,
    delayMs: 0,
    next: null,
    prompts: false,
    failedAt: stampOf(draft.moment),
    failedRequestId: failure.requestId,
  };
  const recovery = isOther ? begun : (agent.recovery ?? begun);
  return { ...agent, recovery, patience: isOther ? null : agent.patience };
}

/** An attempt that ends in a limit or a lack of money has neither worked nor failed: it proves nothing. */
function outcomeOf(cause: Cause): Attempt['outcome'] {
  const { action } = CAUSES[cause];
  return action === 'restart' || action === 'fresh' || cause === 'auth-credential' ? 'failed' : 'unproven';
}

function leave(draft: Draft, agent: Agent, incident: Incident, into: string | null = null): void {
  const left = leaveIncident(draft, incident, agent.spec.name, into);
  if (left.closedAt === null) return;
  record(draft, agent, 'incident-closed', left.cause, into === null ? left.id : `${left.id}: now ${into}`);
}
