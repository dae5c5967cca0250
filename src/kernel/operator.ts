import type { Cause } from './causes.ts';
import { noCrashes } from './crashes.ts';
import { nextNumber, put, record, type Draft } from './draft.ts';
import type { OperatorEvent, RestartHow } from './events.ts';
import { runOf, type Agent, type AgentState } from './fleet.ts';
import { tryAgain } from './fallback.ts';
import { handOver, resetGate } from './gates.ts';
import { incidentOf } from './membership.ts';
import { cancelMessages, findMessage, newMessage, QUEUE_MAX } from './messages.ts';
import { after, earlierOf, stampOf } from './moment.ts';
import { waitForTurn } from './lifecycle.ts';
import { abandonRecovery } from './recovery.ts';
import { firstSession } from './sessions.ts';
import type { AgentSpec } from './spec.ts';
import { lookFrom } from './watches.ts';

/** Operator verbs always win, at any moment, and reset counters. */
export function onOperator(draft: Draft, event: OperatorEvent): void {
  if (event.type === 'credential-declared') {
    draft.credentials[event.spec.name] = event.spec;
    // A raised ceiling lets those go on who wait for it.
    for (const { spec } of Object.values(draft.agents)) {
      if (spec.credentials.includes(event.spec.name)) draft.touched.add(spec.name);
    }
    return;
  }
  if (event.type === 'declared') {
    declare(draft, event);
    return;
  }
  if (event.type === 'notify-declared') {
    draft.notify[event.file] = event.channels;
    return;
  }
  const agent = draft.agents[event.agent];
  if (agent === undefined) return;
  switch (event.type) {
    case 'desired':
      if (event.desired === 'up') wantUp(draft, agent);
      else wantDown(draft, agent);
      return;
    case 'restart-asked':
      askRestart(draft, agent, event.how, event.reason);
      return;
    case 'paused':
      pause(draft, agent, event.paused);
      return;
    case 'reset-asked':
      reset(draft, agent);
      return;
    case 'deleted':
      wantDown(draft, { ...agent, deleting: true });
      return;
    case 'message':
      // Whoever is being deleted would take it along.
      if (!agent.deleting) enqueue(draft, agent, event.id, event.text);
  }
}

function declare(draft: Draft, event: Extract<OperatorEvent, { type: 'declared' }>): void {
  const known = draft.agents[event.spec.name];
  if (known === undefined) {
    const agent = put(draft, newAgent(draft, event));
    record(draft, agent, 'declared', 'operator', event.spec.file ?? '');
    return;
  }
  const before = isSameSubject(known.spec, event.spec) ? known : abandonRecovery(draft, known);
  const fallback = keptFallback(known, event.spec);
  const agent = { ...before, fallback, spec: event.spec, environment: event.environment, deleting: false };
  const isAlive = runOf(known.state) !== null;
  const needsProcess = isAlive && (!isSameProcess(known.spec, event.spec) || fallback !== known.fallback);
  const restart = needsProcess
    ? { cause: 'operator' as const, how: 'interrupt' as const, detail: 'its declaration changed' }
    : agent.restart;
  put(draft, { ...agent, restart, state: lookedAt(draft, agent) });
}

/** What becomes another kind of agent, or gets another credential, can no longer prove what it was in trouble for. */
const isSameSubject = (one: AgentSpec, other: AgentSpec): boolean =>
  one.mode === other.mode && one.credentials[0] === other.credentials[0];

/** It goes on with another credential as long as that is declared for it, and its own is the same one. */
const keptFallback = ({ fallback }: Agent, next: AgentSpec): Agent['fallback'] =>
  fallback !== null && fallback.own === next.credentials[0] && next.credentials.includes(fallback.name)
    ? fallback
    : null;

/** A process that goes on is held to the limit of memory that now holds. */
const lookedAt = (draft: Draft, { state, spec }: Agent): AgentState =>
  state.at === 'running' ? { at: 'running', run: { ...state.run, look: lookFrom(draft, spec) } } : state;

function newAgent(draft: Draft, event: Extract<OperatorEvent, { type: 'declared' }>): Agent {
  return {
    id: nextNumber(draft),
    spec: event.spec,
    environment: event.environment,
    seed: event.seed,
    desired: 'down',
    deleting: false,
    paused: false,
    state: { at: 'stopped', ended: false },
    health: 'unknown',
    since: stampOf(draft.moment),
    session: firstSession(event.seed),
    turn: null,
    queue: [],
    finished: [],
    restart: null,
    crashes: noCrashes,
    recovery: null,
    patience: null,
    rejectedAt: null,
    provenAt: null,
    counts: { restarts: 0, byCause: {}, auth401s: 0 },
    activity: [],
    lastGoodTurnAt: null,
    lastTurn: null,
    lastExit: null,
    model: null,
    claudeVersion: null,
    fingerprint: null,
    fallback: null,
    costUsd: 0,
    notionalUsd: 0,
  };
}

/** Only what a running process cannot take up makes a new one necessary. */
export function isSameProcess(one: AgentSpec, other: AgentSpec): boolean {
  const facts = (spec: AgentSpec): string =>
    JSON.stringify([
      spec.mode,
      spec.cwd,
      spec.command,
      spec.credentials,
      [spec.claude.bin, spec.claude.model, spec.claude.args],
      Object.entries(spec.env).toSorted(([a], [b]) => a.localeCompare(b)),
      spec.envFile,
      spec.envPass,
    ]);
  return facts(one) === facts(other);
}

function wantUp(draft: Draft, agent: Agent): void {
  const isEnded = agent.state.at === 'stopped' && agent.state.ended;
  const restart = isFailing(agent.state)
    ? { cause: 'operator' as const, how: 'now' as const, detail: 'start' }
    : agent.restart;
  put(draft, {
    ...agent,
    desired: 'up',
    upAgain: false,
    deleting: false,
    restart,
    state: isEnded ? { at: 'stopped', ended: false } : agent.state,
    crashes: noCrashes,
  });
}

/** Down, or going down, for a failure: it would start again by itself, but only later. */
function isFailing(state: AgentState): boolean {
  if (state.at === 'stopping') return !state.asked || state.cause === 'start-timeout';
  return state.at === 'waiting' || state.at === 'errored';
}

function wantDown(draft: Draft, agent: Agent): void {
  put(draft, { ...abandonRecovery(draft, agent), desired: 'down', upAgain: false, restart: null, crashes: noCrashes });
}

/** What was wanted up is wanted again by the next daemon; who has ended by itself and stays down is not up. */
export function stopWithDaemon(draft: Draft, agent: Agent): void {
  const isEnded = agent.state.at === 'stopped' && agent.state.ended;
  if (agent.desired === 'down' || isEnded) return;
  put(draft, { ...abandonRecovery(draft, agent), desired: 'down', restart: null, upAgain: true });
}

/** Those who come up are started each in its turn. */
export function startWithDaemon(draft: Draft, agent: Agent): void {
  if (agent.upAgain !== true) return;
  const wanted = put(draft, { ...agent, desired: 'up', upAgain: false });
  if (wanted.state.at === 'stopped') waitForTurn(draft, wanted, 'operator', 'it was stopped with its daemon');
}

function askRestart(draft: Draft, agent: Agent, how: RestartHow, reason: string | null): void {
  put(draft, {
    ...agent,
    desired: 'up',
    upAgain: false,
    deleting: false,
    restart: { cause: 'operator', how, detail: reason ?? '' },
    crashes: noCrashes,
    patience: null,
  });
}

/** It is left as it is. Whoever waits for its answer no longer does. */
export function pause(draft: Draft, agent: Agent, paused: boolean, by: Cause | null = 'operator', why = ''): void {
  if (agent.paused === paused) return;
  record(draft, agent, paused ? 'paused' : 'resumed', by, why);
  put(draft, { ...agent, paused });
  const incident = incidentOf(draft, agent);
  if (paused && incident !== undefined && agent.recovery !== null)
    handOver(draft, agent, incident, agent.recovery.gate);
}

/** What was counted begins at zero, and no delay is longer than the shortest. */
function reset(draft: Draft, agent: Agent): void {
  record(draft, agent, 'reset', 'operator', '');
  const counts = { restarts: 0, byCause: {}, auth401s: 0 };
  put(draft, { ...agent, counts, crashes: noCrashes, state: withoutBackoff(draft, agent) });
  if (agent.fallback !== null) tryAgain(draft, agent.fallback.own);
  const incident = incidentOf(draft, agent);
  if (incident !== undefined && agent.recovery !== null) resetGate(draft, agent, incident, agent.recovery.gate);
}

function withoutBackoff(draft: Draft, { state, spec }: Agent): AgentState {
  if (state.at !== 'waiting' && state.at !== 'errored') return state;
  const deadline = earlierOf(state.deadline, after(draft.moment, spec.restart.delayMsMin));
  return { at: 'waiting', deadline, cause: state.cause };
}

function enqueue(draft: Draft, agent: Agent, id: string, text: string): void {
  if (findMessage(agent, id) !== undefined || agent.queue.length >= QUEUE_MAX) return;
  const message = newMessage(id, 'operator', text, draft.moment.wall);
  put(draft, { ...agent, queue: [...agent.queue, message] });
}

/** A deleted agent whose process is gone leaves the fleet; what it was still asked is cancelled. */
export function remove(draft: Draft, agent: Agent): void {
  const cancelled = cancelMessages(agent, 'the agent was deleted');
  record(draft, cancelled, 'deleted', 'operator', '');
  draft.commands.push({ type: 'forget', agent: agent.spec.name });
  delete draft.agents[agent.spec.name];
  draft.touched.delete(agent.spec.name);
}
