import type { Cause } from './causes.ts';
import type { RunId } from './events.ts';
import type { Agent, Message } from './fleet.ts';
import { must } from './invariant.ts';

/** Finished messages that are remembered for each agent, without their texts. */
export const FINISHED_KEPT_MAX = 100;
/** Messages that may wait for one agent. */
export const QUEUE_MAX = 1_000;
/** After this many deliveries that failed by the message's own fault it is given up. */
export const BAD_DELIVERIES_MAX = 3;

export function newMessage(
  id: string,
  origin: Message['origin'],
  text: string,
  queuedAt: Message['queuedAt'],
): Message {
  return {
    id,
    origin,
    text,
    queuedAt,
    state: 'queued',
    deliveries: 0,
    badDeliveries: 0,
    partial: false,
    cause: null,
    detail: '',
    answer: null,
  };
}

/** Whether the agent may be given a message as far as its trouble is concerned; a patience may still have to end. */
export function mayBeAsked(agent: Agent): boolean {
  const { state, recovery, paused } = agent;
  if (state.at !== 'running' || agent.spec.mode !== 'stream' || agent.turn !== null) return false;
  // What it is asked in trouble is a part of what agentvisor does about that.
  if (recovery === null || paused) return recovery === null;
  return recovery.stage === 'verifying' || recovery.stage === 'waiting';
}

export const findMessage = (agent: Agent, id: string): Message | undefined =>
  agent.queue.find((message) => message.id === id) ?? agent.finished.find((message) => message.id === id);

export const changeMessage = (agent: Agent, id: string, change: Partial<Message>): Agent => ({
  ...agent,
  queue: agent.queue.map((message) => (message.id === id ? { ...message, ...change } : message)),
});

/** Takes a message out of the queue: it ended as `state`. Its text is not kept. */
export function finishMessage(
  agent: Agent,
  id: string,
  state: 'answered' | 'failed' | 'cancelled',
  end: { cause: Cause | null; detail: string; answer: { run: RunId; offset: number } | null },
): Agent {
  const message = must(
    agent.queue.find((candidate) => candidate.id === id),
    'a message ends once',
  );
  const finished = [...agent.finished, { ...message, ...end, state, text: '' }];
  return {
    ...agent,
    queue: agent.queue.filter((candidate) => candidate.id !== id),
    finished: finished.slice(-FINISHED_KEPT_MAX),
  };
}

/** Nobody will answer what waits. */
export const cancelMessages = (agent: Agent, detail: string): Agent =>
  agent.queue.reduce(
    (left, { id }) => finishMessage(left, id, 'cancelled', { cause: 'operator', detail, answer: null }),
    agent,
  );
