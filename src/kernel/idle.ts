import { put, type Draft } from './draft.ts';
import type { Agent, Fleet, Run } from './fleet.ts';
import { idleMs, mono, wall, type Deadline } from './moment.ts';
import { isInWideTrouble } from './shared-credential.ts';

/** An agent that was idle for long fails more often: it is renewed before it is asked. Never in a turn. */

type Known = Pick<Fleet, 'agents' | 'incidents'>;

/** Whether a new process would be of any use: this one has served, and others do not fail on its credential. */
const mayRenew = (fleet: Known, agent: Agent): boolean =>
  agent.recovery === null && agent.restart === null && !agent.paused && !isInWideTrouble(fleet, agent);

/** It has been idle too long, and this is the time to renew it. */
export function isDueForRenewal(draft: Draft, agent: Agent, run: Run): boolean {
  const { afterMs, when } = agent.spec.idleWake;
  if (afterMs === null || run.servedAt === null || agent.turn !== null) return false;
  if (when === 'before-message' && agent.queue.length === 0) return false;
  return idleMs(run.servedAt, draft.moment) >= afterMs && mayRenew(draft, agent);
}

/** Renews an idle agent at once. */
export const renew = (draft: Draft, agent: Agent): Agent =>
  put(draft, { ...agent, restart: { cause: 'idle-wake', how: 'now', detail: 'it was idle for long' } });

/** Renews an agent behind its turn, if it is in one; not while it is in trouble. */
export function askForRenewal(draft: Draft, agent: Agent, cause: 'idle-wake' | 'memory'): Agent {
  if (!mayRenew(draft, agent)) return agent;
  const detail = cause === 'memory' ? 'it uses more memory than it may' : 'it is its time of day';
  return put(draft, { ...agent, restart: { cause, how: 'after-turn', detail } });
}

/** When an agent that is renewed without being asked will have been idle too long; by either clock. */
export function idleDeadlines(fleet: Known, agent: Agent, run: Run): readonly Deadline[] {
  const { afterMs, when } = agent.spec.idleWake;
  if (afterMs === null || when !== 'when-idle' || run.servedAt === null || agent.turn !== null) return [];
  if (!mayRenew(fleet, agent)) return [];
  return [
    { clock: 'mono', at: mono(run.servedAt.mono + afterMs) },
    { clock: 'wall', at: wall(run.servedAt.wall + afterMs) },
  ];
}
