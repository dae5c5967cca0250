import { CAUSES, type Cause } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import type { Agent, Incident, Recovery } from './fleet.ts';
import { after, wall, type Deadline } from './moment.ts';
import { quietDelay, SLOW_ATTEMPT_MS } from './quiet.ts';
import { tierOf } from './tier.ts';

/** Failures that no restart helps are asked again after this, doubling. */
export const LATER_MS_MIN = 30_000;
export const LATER_MS_MAX = 10 * 60_000;
/** After a cap's reset time all of its agents would ask at once; each adds up to this. */
export const RESET_SPREAD_MS = 10_000;
/** A message that failed by its own fault is asked again after this, doubling with each. */
export const AGAIN_MS = 1_000;

/**
 * Attempt 0 of an incident is immediate; every later one waits for the quiet schedule. A plan that stands keeps its
 * time: what an agent says by itself meanwhile must not put it off for ever.
 */
export function planAttempt(draft: Draft, agent: Agent, cause: Cause): Agent {
  const recovery = agent.recovery;
  const incident = recovery === null ? undefined : draft.incidents[recovery.incident];
  if (recovery === null || incident === undefined || isPlanned(recovery)) return put(draft, agent);
  if (recovery.attempts > 0) return planNext(draft, agent, recovery, incident);
  const health = CAUSES[cause].health ?? 'wedged';
  const next = after(draft.moment, 0);
  return put(draft, { ...agent, health, recovery: { ...recovery, stage: 'planned', next } });
}

/** After an attempt that did not help: by the quiet schedule, or seldom when only a person can help. */
export function planNext(draft: Draft, agent: Agent, recovery: Recovery, incident: Incident): Agent {
  if (incident.cause === 'auth-credential') return keepHeld(draft, agent, recovery, incident.cause);
  const policy = agent.spec.auth.quiet;
  const quiet = quietDelay(policy, recovery.delayMs, incident.openedAt, draft.moment);
  return put(draft, {
    ...agent,
    health: 'quiet',
    recovery: { ...recovery, stage: 'planned', delayMs: quiet.delayMs, next: quiet.until },
  });
}

/** A person is needed. A credential gets one restart first: a running process never re-reads a login. */
export function hold(draft: Draft, agent: Agent, cause: Cause): Agent {
  const recovery = agent.recovery;
  if (recovery === null || recovery.stage === 'held') return put(draft, agent);
  const isFirst = cause === 'auth-credential' && recovery.attempts === 0;
  return isFirst ? planAttempt(draft, agent, 'auth-session') : keepHeld(draft, agent, recovery, cause);
}

/** It stays held; only a credential, which may have been replaced without a word, is tried now and then. */
export function keepHeld(draft: Draft, agent: Agent, recovery: Recovery, cause: Cause): Agent {
  record(draft, agent, 'held', cause, CAUSES[cause].told);
  const next = cause === 'auth-credential' ? after(draft.moment, SLOW_ATTEMPT_MS) : null;
  return put(draft, { ...agent, health: 'held', recovery: { ...recovery, stage: 'held', next } });
}

/** A limit without an end: the process is kept and asked again after a growing delay. */
export function askLater(draft: Draft, agent: Agent, cause: Cause): Agent {
  const doubled = (agent.patience?.delayMs ?? 0) * 2;
  const delayMs = Math.min(LATER_MS_MAX, Math.max(LATER_MS_MIN, doubled));
  return wait(draft, agent, CAUSES[cause].health ?? agent.health, delayMs, after(draft.moment, delayMs));
}

/** A cap: the process is kept and asked again when it ends; one that does not say when is looked at now and then. */
export function askWhenReset(draft: Draft, agent: Agent, failure: Failure): Agent {
  if (failure.resetsAt === null) {
    return wait(draft, agent, 'capped', LATER_MS_MAX, after(draft.moment, LATER_MS_MAX));
  }
  const at = wall(Math.max(failure.resetsAt, draft.moment.wall) + draft.moment.roll * RESET_SPREAD_MS);
  return wait(draft, agent, 'capped', 0, { clock: 'wall', at });
}

/** The message goes on waiting in the same process, a little longer with each time it fails. */
export function askAgainSoon(draft: Draft, agent: Agent): Agent {
  const bad = agent.queue[0]?.badDeliveries ?? 0;
  const delayMs = AGAIN_MS * 2 ** Math.max(0, bad - 1);
  return { ...agent, patience: { until: after(draft.moment, delayMs), delayMs: 0, tier: null } };
}

/** The process is kept; its messages wait. An attempt that ends this way proved nothing about auth. */
function wait(draft: Draft, agent: Agent, health: Agent['health'], delayMs: number, until: Deadline): Agent {
  const recovery = agent.recovery;
  if (recovery !== null && isPlanned(recovery)) return put(draft, agent);
  const tier = tierOf(agent.model ?? agent.spec.claude.model);
  return put(draft, {
    ...agent,
    health,
    recovery: recovery === null ? null : { ...recovery, stage: 'waiting', next: null },
    patience: { until, delayMs, tier },
  });
}

const isPlanned = ({ stage }: Recovery): boolean => stage === 'planned' || stage === 'held';
