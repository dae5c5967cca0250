import { waitsForAttempt } from './attempts.ts';
import { isKeptDown } from './disk.ts';
import { fallbackDeadlines } from './fallback.ts';
import type { Agent, Fleet, Run } from './fleet.ts';
import { gateDeadlines, gateOf } from './gates.ts';
import { idleDeadlines } from './idle.ts';
import { must } from './invariant.ts';
import { logOf } from './logs.ts';
import { mayBeAsked } from './messages.ts';
import { laterOf, type Deadline, type MonoDeadline } from './moment.ts';
import { isPlanned } from './plans.ts';
import { rollDeadlines } from './roll.ts';
import { secretDeadlines } from './secret-deadlines.ts';

export type NextDeadline = { readonly mono: number | null; readonly wall: number | null };

/** The earliest time on each clock at which a tick will change something. The host arms timers for them. */
export function nextDeadline(fleet: Fleet): NextDeadline {
  let mono = Infinity;
  let wall = Infinity;
  const all = [
    ...Object.values(fleet.agents).flatMap((agent) => deadlinesOf(fleet, agent)),
    ...Object.values(fleet.incidents).flatMap((incident) => gateDeadlines(fleet, incident)),
    ...rollDeadlines(fleet),
    ...secretDeadlines(fleet),
  ];
  for (const deadline of all) {
    if (deadline.clock === 'mono') mono = Math.min(mono, deadline.at);
    else wall = Math.min(wall, deadline.at);
  }
  return { mono: mono === Infinity ? null : mono, wall: wall === Infinity ? null : wall };
}

/** The deadlines that this agent acts on in the state it is in; one that nothing acts on would wake the host for ever. */
export function deadlinesOf(fleet: Fleet, agent: Agent): readonly Deadline[] {
  const state = agent.state;
  switch (state.at) {
    case 'stopped':
      return [];
    case 'starting':
      return isLeftToStart(agent, state.run) ? [] : [state.deadline];
    case 'stopping':
      return [state.deadline];
    case 'waiting':
    case 'errored':
      return startDeadlines(fleet, agent, state.deadline);
    case 'running':
      // What a dead daemon has missed is heard first.
      return state.run.catchingUp || logOf(state.run).held ? [] : runningDeadlines(fleet, agent, state.run);
  }
}

/** A paused agent that does not get ready is not given up; a command is ready when it has lived long enough. */
export const isLeftToStart = ({ paused, spec }: Agent, { shim }: Run): boolean =>
  paused && (spec.mode === 'stream' || shim === null);

/** When a process is started again; one that its incident starts waits for its gate. */
function startDeadlines(fleet: Fleet, agent: Agent, deadline: MonoDeadline): readonly Deadline[] {
  if (agent.paused || waitsForAttempt(fleet, agent) || isKeptDown(fleet, agent)) return [];
  const own = agent.recovery?.stage === 'following' ? agent.recovery.next : null;
  return [own === null ? deadline : laterOf(own, deadline), ...fallbackDeadlines(fleet, agent)];
}

function runningDeadlines(fleet: Fleet, agent: Agent, run: Run): readonly Deadline[] {
  const isAsked = agent.queue.length > 0 && mayBeAsked(agent) && agent.restart === null;
  const waiting = isAsked ? agent.patience : null;
  const patience = waiting?.until ?? null;
  if (agent.paused) return patience === null ? [] : [patience];
  const own = [agent.recovery?.next ?? null, patience, agent.turn?.watch ?? null, run.look];
  return [
    ...own.filter((deadline) => deadline !== null),
    ...idleDeadlines(fleet, agent, run),
    ...fallbackDeadlines(fleet, agent),
  ];
}

/** When something is next tried for an agent, null when nothing is planned. */
export function nextAttempt(fleet: Pick<Fleet, 'incidents' | 'disk'>, agent: Agent): Deadline | null {
  const { incidents } = fleet;
  const { state, recovery } = agent;
  const isDown = state.at === 'waiting' || state.at === 'errored';
  if (recovery !== null && isPlanned(recovery)) {
    const next = recovery.next ?? gateOf(must(incidents[recovery.incident], 'it is open'), recovery.gate).next;
    // After a crash the backoff is kept, too.
    return next !== null && isDown ? laterOf(next, state.deadline) : next;
  }
  if (isDown) return isKeptDown(fleet, agent) ? null : state.deadline;
  return agent.patience?.until ?? null;
}
