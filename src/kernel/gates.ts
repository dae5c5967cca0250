import { isAuth } from './causes.ts';
import { put, type Draft } from './draft.ts';
import type { Agent, Fleet } from './fleet.ts';
import type { Gate, Incident, Recovery } from './trouble.ts';
import { putIncident } from './incidents.ts';
import { jittered } from './delay.ts';
import { must } from './invariant.ts';
import { after, earlierOf, elapsedMs, isDue, laterOf, stampOf, type Moment, type MonoDeadline } from './moment.ts';
import { nextQuiet, quietDelay, SLOW_ATTEMPT_MS } from './quiet.ts';
import { noteLost } from './seen-windows.ts';

/**
 * A gate is one credential's way out of an incident. One agent tries at a time; the others wait, and follow when it has
 * answered. So the attempts do not grow with the number of agents.
 */

type Agents = Pick<Fleet, 'agents'>;

/** Those who follow the canary start this far apart. */
export const FOLLOW_MS = 500;

const NEW_GATE: Gate = {
  canary: null,
  until: null,
  last: null,
  attempts: 0,
  delayMs: 0,
  closedAt: null,
  next: null,
  held: false,
  renewed: false,
};

export const gateOf = (incident: Incident, key: string): Gate => incident.gates[key] ?? NEW_GATE;

export function changeGate(draft: Draft, id: string, key: string, change: Partial<Gate>): void {
  const incident = must(draft.incidents[id], `${id} is open`);
  putIncident(draft, {
    ...incident,
    gates: { ...incident.gates, [key]: { ...gateOf(incident, key), ...change } },
  });
}

/** Those who wait to be the next, in the order in which they came. */
export const waitersOf = ({ agents }: Agents, incident: Incident, key: string): readonly Agent[] =>
  incident.open.flatMap((name) => {
    const agent = agents[name];
    const isWaiting = agent?.recovery?.stage === 'gated' || agent?.recovery?.stage === 'held';
    return isWaiting && agent.recovery?.gate === key ? [agent] : [];
  });

export const hasWaiters = (fleet: Agents, incident: Incident, key: string): boolean =>
  waitersOf(fleet, incident, key).length > 0;

/** From when on an agent could make an attempt, null when it must not or cannot by itself. */
function readyAt({ state, paused, desired, restart }: Agent, from: MonoDeadline): MonoDeadline | null {
  // A restart that waits for the end of a turn would wait for ever for one that is silent.
  const isWished = restart !== null && restart.how !== 'after-turn';
  if (paused || desired === 'down' || isWished) return null;
  if (state.at === 'running') return state.run.catchingUp ? null : from;
  // After a crash the backoff is kept, too.
  return state.at === 'waiting' || state.at === 'errored' ? laterOf(state.deadline, from) : null;
}

/**
 * The agent that tries next: another one than the last time, and rather one that has something to prove itself by. Null
 * while nobody can.
 */
export function electCanary(fleet: Agents, incident: Incident, key: string, moment: Moment): Agent | null {
  const gate = gateOf(incident, key);
  const from = gate.next;
  if (gate.canary !== null || from === null || !isDue(from, moment)) return null;
  const ready = waitersOf(fleet, incident, key).filter((agent) => {
    const deadline = readyAt(agent, from);
    return deadline !== null && isDue(deadline, moment);
  });
  const last = ready.findIndex(({ spec }) => spec.name === gate.last);
  const inTurn = [...ready.slice(last + 1), ...ready.slice(0, last + 1)];
  return inTurn.find(canProve) ?? inTurn[0] ?? null;
}

const canProve = ({ queue, spec }: Agent): boolean => queue.length > 0 || spec.auth.verify.prompt !== false;

/** When the gates of an incident want to be looked at. */
export function gateDeadlines(fleet: Agents, incident: Incident): readonly MonoDeadline[] {
  return Object.entries(incident.gates).flatMap(([key, { canary, until, next }]) => {
    const waiters = waitersOf(fleet, incident, key);
    if (waiters.length === 0) return [];
    if (canary !== null) return [must(until, 'who tries has a time')];
    if (next === null) return [];
    return waiters.map((agent) => readyAt(agent, next)).filter((deadline) => deadline !== null);
  });
}

/** The agent's attempt begins; as a canary it tries for all who wait with it. */
export function enterGate(draft: Draft, agent: Agent, incident: Incident, key: string): void {
  const { attempts } = gateOf(incident, key);
  changeGate(draft, incident.id, key, {
    canary: agent.spec.name,
    last: agent.spec.name,
    until: after(draft.moment, agent.spec.auth.verify.timeoutMs),
    attempts: attempts + 1,
    next: null,
  });
}

/**
 * What the agent showed is not good: by its policy the gate says when the next one tries. A plan that stands is kept, and
 * never comes sooner after a new process that failed than the schedule says.
 */
export function closeGate(draft: Draft, agent: Agent, incident: Incident, key: string): void {
  const gate = gateOf(incident, key);
  changeGate(draft, incident.id, key, { closedAt: stampOf(draft.moment) });
  const isCanary = gate.canary === agent.spec.name;
  const isPlanned = !isCanary && (gate.canary !== null || (gate.next !== null && !isDue(gate.next, draft.moment)));
  if (isPlanned) {
    if (agent.recovery?.stage === 'verifying') putOff(draft, agent, incident, key);
    return;
  }
  const free = { canary: null, until: null, renewed: false };
  // The first attempt is immediate, unless a person is waited for.
  if (gate.renewed || (gate.attempts === 0 && !gate.held)) {
    changeGate(draft, incident.id, key, { ...free, next: after(draft.moment, 0) });
  } else if (gate.held) {
    // Only a credential may be replaced without a word.
    const next = isAuth(incident.cause) ? after(draft.moment, SLOW_ATTEMPT_MS) : null;
    changeGate(draft, incident.id, key, { ...free, next });
  } else {
    const { quiet } = agent.spec.auth;
    // How long windows last says nothing of a silence.
    const seen = isAuth(incident.cause) ? draft.seenWindows : [];
    const next = nextQuiet(quiet, gate, incident.openedAt, seen, draft.moment);
    changeGate(draft, incident.id, key, { ...free, ...next });
  }
}

function putOff(draft: Draft, agent: Agent, incident: Incident, key: string): void {
  const { next } = gateOf(incident, key);
  if (next === null) return;
  changeGate(draft, incident.id, key, {
    next: laterOf(next, after(draft.moment, sameDelay(draft, agent, incident, key))),
  });
}

/** The quiet delay as it is, without another doubling. */
function sameDelay(draft: Draft, agent: Agent, incident: Incident, key: string): number {
  const { delayMs } = gateOf(incident, key);
  const { quiet } = agent.spec.auth;
  const delayMsMax = Math.max(delayMs, quiet.delayMsMax);
  return jittered(Math.max(delayMs, quiet.delayMsMin), draft.moment.roll, { ...quiet, delayMsMax });
}

/**
 * The canary has proven nothing, neither good nor bad: another one tries after the same delay. Nobody else there, it
 * remains the one that tries.
 */
export function handOver(draft: Draft, agent: Agent, incident: Incident, key: string): void {
  const isCanary = gateOf(incident, key).canary === agent.spec.name;
  if (isCanary && hasWaiters(draft, incident, key)) passOn(draft, agent, incident, key);
}

/** The canary is gone, or its time is over. */
export function passOn(draft: Draft, agent: Agent, incident: Incident, key: string): void {
  const gate = gateOf(incident, key);
  const delayMs = gate.held ? SLOW_ATTEMPT_MS : sameDelay(draft, agent, incident, key);
  const next = hasWaiters(draft, incident, key) ? after(draft.moment, gate.renewed ? 0 : delayMs) : null;
  changeGate(draft, incident.id, key, { canary: null, until: null, renewed: false, next });
}

/**
 * It has been shown that a new process is answered: all who wait follow, one after the other. Whose own new process was
 * rejected keeps its quiet: else it would try again with every other one that is answered. After a hold a person has acted,
 * and nobody waits longer.
 */
export function openGate(draft: Draft, incident: Incident, key: string): void {
  const waiters = waitersOf(draft, incident, key);
  const { held } = gateOf(incident, key);
  changeGate(draft, incident.id, key, { held: false, next: null });
  waiters.forEach((agent, index) => {
    const recovery = must(agent.recovery, 'who waits is in an incident');
    const ownMs = held ? 0 : quietLeft(draft, recovery, agent, incident);
    const next = after(draft.moment, Math.max((index + 1) * FOLLOW_MS, ownMs));
    put(draft, { ...agent, health: 'quiet', recovery: { ...recovery, stage: 'following', next } });
  });
}

/** What is left of an agent's own quiet, which doubles with each of its attempts; at its shortest, as jitter may make it. */
function quietLeft({ moment }: Draft, recovery: Recovery, { spec }: Agent, { openedAt }: Incident): number {
  if (recovery.rejectedAt === null) return 0;
  const { quiet } = spec.auth;
  const lastDelayMs = recovery.attempts < 2 ? 0 : quiet.delayMsMin * 2 ** (recovery.attempts - 2);
  const { delayMs } = quietDelay(quiet, lastDelayMs, openedAt, moment);
  return Math.round(delayMs * (1 - quiet.jitter)) - elapsedMs(recovery.rejectedAt, moment);
}

/** It was not over after all: who has not followed yet waits again. */
export function callBack(draft: Draft, incident: Incident, key: string): void {
  for (const name of incident.open) {
    const agent = must(draft.agents[name], `${name} is in ${incident.id}`);
    const { recovery } = agent;
    if (recovery?.stage !== 'following' || recovery.gate !== key) continue;
    put(draft, { ...agent, recovery: { ...recovery, stage: 'gated', next: null } });
  }
}

/**
 * A stored login has changed: a person has signed in, or Claude Code itself has renewed it, perhaps because it was just
 * rejected. So it is tried as soon as the quiet time after the last rejection is over, which keeps the two from chasing
 * each other.
 */
export function renewHeldGate(draft: Draft, agent: Agent, incident: Incident, key: string): void {
  const { held, next, delayMs, closedAt } = gateOf(incident, key);
  if (!held || next === null || closedAt === null) return;
  const quiet = quietDelay(agent.spec.auth.quiet, delayMs, incident.openedAt, draft.moment);
  const renewed = after(draft.moment, Math.max(0, quiet.delayMs - elapsedMs(closedAt, draft.moment)));
  if (renewed.at < next.at) changeGate(draft, incident.id, key, { delayMs: quiet.delayMs, next: renewed });
}

/** The quiet schedule begins anew: what is planned comes after the shortest delay, if that is sooner. A hold is no schedule. */
export function resetGate(draft: Draft, agent: Agent, incident: Incident, key: string): void {
  const { held, next } = gateOf(incident, key);
  const { until } = quietDelay(agent.spec.auth.quiet, 0, incident.openedAt, draft.moment);
  changeGate(draft, incident.id, key, { delayMs: 0, next: held || next === null ? next : earlierOf(next, until) });
}

/** The secret is another one: it is tried at once, and the schedule begins anew. */
export function renewGate(draft: Draft, incident: Incident, key: string): void {
  const gate = gateOf(incident, key);
  const { canary } = gate;
  noteLost(draft, incident, gate);
  const change = canary === null ? { next: after(draft.moment, 0) } : { renewed: true };
  changeGate(draft, incident.id, key, { ...change, delayMs: 0 });
}
