import { noCrashes } from './crashes.ts';
import { nextNumber, put, record, type Draft } from './draft.ts';
import type { OperatorEvent } from './events.ts';
import { runOf, type Agent, type AgentState } from './fleet.ts';
import { findMessage, finishMessage, newMessage, QUEUE_MAX } from './messages.ts';
import { stampOf } from './moment.ts';
import { abandonRecovery } from './recovery.ts';
import { firstSession } from './sessions.ts';
import type { AgentSpec } from './spec.ts';

/** Operator verbs always win, at any moment, and reset counters. */
export function onOperator(draft: Draft, event: OperatorEvent): void {
  if (event.type === 'credential-declared') {
    draft.credentials[event.spec.name] = event.spec;
    return;
  }
  if (event.type === 'declared') {
    declare(draft, event);
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
      askRestart(draft, agent, event.now, event.reason);
      return;
    case 'deleted':
      wantDown(draft, { ...agent, deleting: true });
      return;
    case 'message':
      enqueue(draft, agent, event.id, event.text);
  }
}

function declare(draft: Draft, event: Extract<OperatorEvent, { type: 'declared' }>): void {
  const known = draft.agents[event.spec.name];
  if (known === undefined) {
    const agent = put(draft, newAgent(draft, event));
    record(draft, agent, 'declared', 'operator', event.spec.file ?? '');
    return;
  }
  const agent = { ...known, spec: event.spec, environment: event.environment, deleting: false };
  const isAlive = runOf(known.state) !== null;
  const needsProcess = isAlive && !isSameProcess(known.spec, event.spec);
  const restart = needsProcess
    ? { cause: 'operator' as const, now: false, detail: 'its declaration changed' }
    : agent.restart;
  put(draft, { ...agent, restart });
}

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
    counts: { restarts: 0, byCause: {}, auth401s: 0 },
    lastGoodTurnAt: null,
    lastTurn: null,
    lastExit: null,
    model: null,
    claudeVersion: null,
    fingerprint: null,
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
  const restart = isFailing(agent.state) ? { cause: 'operator' as const, now: true, detail: 'start' } : agent.restart;
  put(draft, {
    ...agent,
    desired: 'up',
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
  put(draft, { ...abandonRecovery(draft, agent), desired: 'down', restart: null, crashes: noCrashes });
}

function askRestart(draft: Draft, agent: Agent, now: boolean, reason: string | null): void {
  put(draft, {
    ...agent,
    desired: 'up',
    deleting: false,
    restart: { cause: 'operator', now, detail: reason ?? '' },
    crashes: noCrashes,
    patience: null,
  });
}

function enqueue(draft: Draft, agent: Agent, id: string, text: string): void {
  if (findMessage(agent, id) !== undefined || agent.queue.length >= QUEUE_MAX) return;
  const message = newMessage(id, 'operator', text, draft.moment.wall);
  put(draft, { ...agent, queue: [...agent.queue, message] });
}

/** A deleted agent whose process is gone leaves the fleet; what it was still asked is cancelled. */
export function remove(draft: Draft, agent: Agent): void {
  const cancelled = agent.queue.reduce(
    (left, message) =>
      finishMessage(left, message.id, 'cancelled', {
        cause: 'operator',
        detail: 'the agent was deleted',
        answer: null,
      }),
    agent,
  );
  record(draft, cancelled, 'deleted', 'operator', '');
  draft.commands.push({ type: 'forget', agent: agent.spec.name });
  delete draft.agents[agent.spec.name];
  draft.touched.delete(agent.spec.name);
}
