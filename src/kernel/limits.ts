import { CAUSES, isLimit, type Cause } from './causes.ts';
import { put, type Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import type { Agent } from './fleet.ts';
import { FOLLOW_MS, handOver } from './gates.ts';
import { must } from './invariant.ts';
import { incidentOf } from './membership.ts';
import { after, isDue, wall, type Deadline } from './moment.ts';
import { isPlanned, troubleOf } from './plans.ts';
import { sharesCredential } from './shared-credential.ts';
import { tierOf } from './tier.ts';

/** Failures that no restart helps: the process is kept, and asked again later. */

/** Asked again after this, doubling. */
export const LATER_MS_MIN = 30_000;
export const LATER_MS_MAX = 10 * 60_000;
/** After a cap's reset time all of its agents would ask at once; each adds up to this. */
export const RESET_SPREAD_MS = 10_000;
/** A message that failed by its own fault is asked again after this, doubling with each. */
export const AGAIN_MS = 1_000;

/** A limit without an end: the process is kept and asked again after a growing delay. */
export function askLater(draft: Draft, agent: Agent, cause: Cause): Agent {
  const doubled = (agent.patience?.delayMs ?? 0) * 2;
  const delayMs = Math.min(LATER_MS_MAX, Math.max(LATER_MS_MIN, doubled));
  const health = must(CAUSES[cause].health, 'a limit shows');
  return wait(draft, agent, health, delayMs, after(draft.moment, delayMs));
}

/** A cap: the process is kept and asked again when it ends; one that does not say when is looked at now and then. */
export function askWhenReset(draft: Draft, agent: Agent, failure: Failure): Agent {
  if (failure.resetsAt === null) {
    return wait(draft, agent, 'capped', LATER_MS_MAX, after(draft.moment, LATER_MS_MAX));
  }
  const at = wall(Math.max(failure.resetsAt, draft.moment.wall) + draft.moment.roll * RESET_SPREAD_MS);
  return wait(draft, agent, 'capped', 0, { clock: 'wall', at });
}

/**
 * The message goes on waiting in the same process, a little longer with each time it fails. Who tries for others lets
 * another one try.
 */
export function askAgainSoon(draft: Draft, agent: Agent): Agent {
  const bad = agent.queue[0]?.badDeliveries ?? 0;
  const delayMs = AGAIN_MS * 2 ** Math.max(0, bad - 1);
  const incident = incidentOf(draft, agent);
  if (incident !== undefined && agent.recovery !== null) handOver(draft, agent, incident, agent.recovery.gate);
  return put(draft, { ...agent, patience: { until: after(draft.moment, delayMs), delayMs: 0, tier: null } });
}

/** The process is kept; its messages wait. An attempt that ends this way proved nothing about auth. */
function wait(draft: Draft, agent: Agent, health: Agent['health'], delayMs: number, until: Deadline): Agent {
  const { recovery, incident } = troubleOf(draft, agent);
  if (isPlanned(recovery)) return put(draft, agent);
  handOver(draft, agent, incident, recovery.gate);
  const tier = tierOf(agent.model ?? agent.spec.claude.model);
  return put(draft, {
    ...agent,
    health,
    recovery: { ...recovery, stage: 'waiting', next: null },
    patience: { until, delayMs, tier },
  });
}

/** The limit of a family of models is over for one agent: the others of its credential ask again, one after the other. */
export function releaseTier(draft: Draft, answered: Agent, tier: string | null): void {
  let next = 0;
  for (const agent of Object.values(draft.agents)) {
    const { patience } = agent;
    const incident = incidentOf(draft, agent);
    if (incident === undefined || !isLimit(incident.cause) || patience === null || patience.until === null) continue;
    if (patience.tier !== tier || !sharesCredential(agent, answered) || agent.id === answered.id) continue;
    if (isDue(patience.until, draft.moment)) continue;
    next += FOLLOW_MS;
    put(draft, { ...agent, patience: { ...patience, until: after(draft.moment, next) } });
  }
}
