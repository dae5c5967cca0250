import { CAUSE_OF, CAUSES, isAuthFailure, isLimit } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import { runOf, type Agent } from './fleet.ts';
import type { Incident, Recovery } from './trouble.ts';
import { goOnWithFallback, failedReturn, returnAll } from './fallback.ts';
import { callBack, gateOf, openGate, waitersOf } from './gates.ts';
import { addReceipt, changeLastAttempt, endAttempt, putIncident, WIDE } from './incidents.ts';
import { must } from './invariant.ts';
import { credentialNameOf, noteGood } from './ledger.ts';
import { askAgainSoon, askLater, askWhenReset, releaseTier } from './limits.ts';
import { incidentOf, joinIncident, leave } from './membership.ts';
import { elapsedMs, isLater, stampOf } from './moment.ts';
import { holdForCredential, holdForPerson, planAttempt, troubleOf } from './plans.ts';
import { noteOpen } from './seen-windows.ts';
import { isTrialFailure, onTrialFailure } from './rotation.ts';
import { mendSession } from './sessions.ts';
import { sharesCredential } from './shared-credential.ts';
import { tierOf } from './tier.ts';
import { undeclaredSource } from './undeclared-source.ts';
import { siblingAnswered, verdictOf, type Seen } from './verdict.ts';

/** The turn of an agent has failed: puts the agent into an incident and plans what happens next. */
export function onFailure(draft: Draft, agent: Agent, failure: Failure, seen: Seen): Agent {
  const cause = CAUSE_OF[failure.kind];
  if (isTrialFailure(draft, agent, failure)) {
    record(draft, agent, 'turn-failed', cause, describeFailure(failure));
    const tried = onTrialFailure(draft, agent, failure.kind, describeFailure(failure));
    // Whatever trouble it was in, it is in that still.
    return tried.recovery === null ? tried : planAttempt(draft, tried, troubleOf(draft, tried).incident.cause);
  }
  const failed = failedReturn(agent, failure);
  if (failed !== null) {
    record(draft, agent, 'turn-failed', cause, describeFailure(failure));
    return goOnWithFallback(draft, put(draft, agent), failed, cause, describeFailure(failure));
  }
  const counted = put(draft, countFailure(draft, agent, failure, seen));
  record(draft, counted, 'turn-failed', cause, describeFailure(failure));
  // This process is on its way out: the next one, if there is one, will show whether the trouble is still there.
  const isGoing =
    agent.desired === 'down' || agent.restart?.secret === 'old' || (agent.state.at === 'stopping' && agent.state.asked);
  if (isGoing) return counted;
  const { action } = CAUSES[cause];
  if (action === 'backoff' || action === 'none') return askAgainSoon(draft, counted);
  switch (action) {
    case 'restart':
      return onRejected(draft, counted, failure, seen);
    case 'hold':
      return isAuthFailure(failure.kind)
        ? onRejected(draft, counted, failure, seen)
        : holdForPerson(draft, join(draft, counted, failure, seen));
    case 'fresh':
      return planAttempt(draft, join(draft, mendSession(draft, counted), failure, seen), cause);
    case 'later':
      return askLater(draft, join(draft, counted, failure, seen), cause);
    case 'reset':
      return askWhenReset(draft, join(draft, counted, failure, seen), failure);
  }
}

const join = (draft: Draft, agent: Agent, failure: Failure, seen: Seen): Agent =>
  joinIncident(
    draft,
    agent,
    verdictOf(draft, agent, failure, seen),
    { text: describeFailure(failure), requestId: failure.requestId },
    seen,
  );

/** The API rejects who asks: how far that reaches says who may try again, and when. */
function onRejected(draft: Draft, agent: Agent, failure: Failure, seen: Seen): Agent {
  const isFresh = agent.recovery?.stage === 'verifying';
  const joined = join(draft, agent, failure, seen);
  const planned =
    failure.kind === 'credential'
      ? holdForCredential(draft, joined, isFresh)
      : planAttempt(draft, joined, CAUSE_OF[failure.kind]);
  // Who was about to follow waits again, unless it is this agent alone.
  if (isFresh && !siblingAnswered(draft, agent, seen.since)) {
    const { recovery, incident } = troubleOf(draft, planned);
    callBack(draft, incident, recovery.gate);
  }
  return planned;
}

/** A good answer, and where it stands. */
export type GoodAnswer = { readonly messageId: string | null; readonly model: string; readonly late: boolean };

/**
 * A good answer clears the trouble of the process that gave it, and is the only thing that does. A limit is cleared
 * only by an answer of the limited family of models: a subagent on a smaller one shows nothing.
 */
export function onGoodAnswer(draft: Draft, agent: Agent, answer: GoodAnswer): Agent {
  // Given on something else, it shows nothing of the declared credential, nor is it any excuse.
  if (undeclaredSource(draft, agent) !== null) return put(draft, agent);
  const turn = must(agent.turn, 'an answer is given in a turn');
  const proven = { ...agent, rejectedAt: null, provenAt: answer.late ? agent.provenAt : turn.startedAt };
  const tier = tierOf(answer.model);
  const limited = agent.patience?.tier ?? null;
  const isStillLimited = limited !== null && limited !== tier;
  const incident = incidentOf(draft, agent);
  if (isStillLimited && (incident === undefined || isLimit(incident.cause))) return put(draft, proven);
  const healthy = put(draft, {
    ...proven,
    health: 'healthy',
    patience: isStillLimited ? agent.patience : null,
    recovery: null,
    fallback: agent.fallback?.returning === true ? null : agent.fallback,
  });
  const credential = credentialNameOf(agent);
  if (credential !== null && !answer.late) {
    noteGood(draft, credential, agent);
    returnAll(draft, credential, healthy, agent.fallback !== null);
  }
  if (incident !== undefined && agent.recovery !== null) {
    const run = must(runOf(agent.state), 'who answers has a process');
    noteOpen(draft, incident, gateOf(incident, agent.recovery.gate), run.startedAt);
    giveReceipt(draft, agent, agent.recovery, incident, answer.messageId);
  }
  const canaryOf = incident === undefined || agent.recovery === null ? null : canaryIn(incident, agent, agent.recovery);
  // Who was not limited itself shows nothing: its answers would have the others ask without a pause.
  if (incident !== undefined && isLimit(incident.cause)) releaseTier(draft, healthy, tier);
  if (!answer.late) releaseOthers(draft, healthy, canaryOf);
  return must(draft.agents[agent.spec.name], 'it has just answered');
}

/** The incident in which this agent was the one that tried for others. */
const canaryIn = (incident: Incident, { spec }: Agent, { gate }: Recovery): string | null =>
  gateOf(incident, gate).canary === spec.name ? incident.id : null;

/** A new process is answered: those who wait for that follow. An older one shows nothing about new ones. */
function releaseOthers(draft: Draft, agent: Agent, canaryOf: string | null): void {
  const run = must(runOf(agent.state), 'who answers has a process');
  for (const incident of Object.values(draft.incidents)) {
    if (incident.closedAt !== null || !(WIDE.has(incident.scope) || incident.scope === 'account')) continue;
    for (const [key, { closedAt }] of Object.entries(incident.gates)) {
      const isNews = incident.id === canaryOf || (closedAt !== null && isLater(run.startedAt, closedAt));
      const waits = waitersOf(draft, incident, key).some((waiter) => sharesCredential(waiter, agent));
      if (isNews && waits) openGate(draft, incident, key);
    }
  }
}

/** The agent was stopped, has ended for good or was deleted: it is no longer part of any trouble. */
export function abandonRecovery(draft: Draft, agent: Agent): Agent {
  const incident = incidentOf(draft, agent);
  const free: Agent = { ...agent, recovery: null, patience: null, rejectedAt: null };
  if (incident === undefined) return free;
  leave(draft, agent, putIncident(draft, endAttempt(incident, agent.spec.name, 'unproven')));
  return { ...free, health: 'unknown' };
}

/** One line of evidence, for people. */
export function describeFailure(failure: Failure): string {
  const head = [failure.status, failure.error].filter((part) => part !== null).join(' ');
  const request = failure.requestId === null ? '' : ` (request ${failure.requestId})`;
  return `${head || failure.kind}${request}: ${failure.text}`;
}

function countFailure(draft: Draft, agent: Agent, { kind }: Failure, { late }: Seen): Agent {
  if (!isAuthFailure(kind)) return agent;
  const isRejected = kind === 'auth' && !late;
  return {
    ...agent,
    rejectedAt: isRejected ? stampOf(draft.moment) : agent.rejectedAt,
    counts: { ...agent.counts, auth401s: agent.counts.auth401s + 1 },
  };
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
  leave(draft, agent, putIncident(draft, addReceipt(proven, receipt)));
}
