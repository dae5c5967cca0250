import type { Agent, Fleet } from './fleet.ts';
import { mayBeAsked } from './messages.ts';
import type { Deadline } from './moment.ts';

export type NextDeadline = { readonly mono: number | null; readonly wall: number | null };

/** The earliest time on each clock at which a tick will change something. The host arms timers for them. */
export function nextDeadline(fleet: Fleet): NextDeadline {
  let mono = Infinity;
  let wall = Infinity;
  for (const agent of Object.values(fleet.agents)) {
    for (const deadline of deadlinesOf(agent)) {
      if (deadline.clock === 'mono') mono = Math.min(mono, deadline.at);
      else wall = Math.min(wall, deadline.at);
    }
  }
  return { mono: mono === Infinity ? null : mono, wall: wall === Infinity ? null : wall };
}

/** The deadlines that this agent acts on in the state it is in; one that nothing acts on would wake the host for ever. */
export function deadlinesOf(agent: Agent): readonly Deadline[] {
  const state = agent.state;
  switch (state.at) {
    case 'stopped':
      return [];
    case 'starting':
    case 'stopping':
    case 'waiting':
    case 'errored':
      return [state.deadline];
    case 'running': {
      // What a dead daemon has missed is heard first.
      if (state.run.catchingUp) return [];
      const patience = agent.queue.length > 0 && mayBeAsked(agent) ? agent.patience?.until : null;
      return [agent.recovery?.next ?? null, patience ?? null].filter((deadline) => deadline !== null);
    }
  }
}

/** When something is next tried for an agent, null when nothing is planned. */
export function nextAttempt(agent: Agent): Deadline | null {
  const state = agent.state;
  if (state.at === 'waiting' || state.at === 'errored') return state.deadline;
  const recovery = agent.recovery;
  if (recovery !== null && recovery.stage !== 'verifying' && recovery.next !== null) return recovery.next;
  return agent.patience?.until ?? null;
}
