import { findMessage, QUEUE_MAX } from '../kernel/messages.ts';
import type { Agent, Fleet, Message } from '../kernel/fleet.ts';
import { runFolder } from '../home/paths.ts';
import { redact } from '../kernel/redaction.ts';
import { MESSAGE_BYTES_MAX, type MessageOutcome } from '../protocol/api.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import type { DaemonContext } from './context.ts';
import { mustKeep, wasKept } from './kept.ts';
import { readLineBefore } from './line-at.ts';
import { runFiles } from './process/run-files.ts';
import { findAgent } from './targets.ts';

/** A message's id is a UUID that ends in 0000: the deliveries are numbered there. */
const MESSAGE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}0000$/;
/** Of all that waits: it stands in memory and in every snapshot, and a file of 512 MB could not be read any more. */
export const QUEUED_CHARACTERS_MAX = 64 * 1024 * 1024;

/** Answers once the message is on the disk. The same id again changes nothing. */
export async function send(
  context: DaemonContext,
  params: { readonly agent: string; readonly text: string; readonly id: string },
): Promise<{ id: string }> {
  const { engine } = context;
  const agent = findAgent(engine.fleet, params.agent);
  if (agent.spec.mode === 'command') throw takesNone(params.agent);
  if (!MESSAGE_ID.test(params.id)) {
    throw new AgentvisorError(
      'usage',
      'The id of a message is a UUID in small letters that ends in 0000.',
      'Draw one and set its last four digits.',
    );
  }
  if (params.text.trim() === '')
    throw new AgentvisorError('usage', 'The message is empty.', 'Give it a text: agentvisor send NAME TEXT');
  if (Buffer.byteLength(params.text) > MESSAGE_BYTES_MAX) {
    throw new AgentvisorError(
      'refused',
      `The message is longer than ${MESSAGE_BYTES_MAX} bytes.`,
      'Put it into a file and name the file.',
    );
  }
  const isKnown = (): boolean => findMessage(findAgent(engine.fleet, params.agent), params.id) !== undefined;
  if (!isKnown()) {
    checkRoom(engine.fleet, agent, params.text);
    await mustKeep(context);
  }
  await engine.submit({ type: 'message', agent: params.agent, id: params.id, text: params.text });
  // Many may have asked at once, and the agent may have been deleted meanwhile: only what it has is confirmed.
  if (!isKnown())
    throw findAgent(engine.fleet, params.agent).deleting
      ? isLeaving(params.agent)
      : tooMany(`${QUEUE_MAX} messages wait for ${params.agent}`, params.agent);
  wasKept(context);
  return { id: params.id };
}

function checkRoom(fleet: Fleet, agent: Agent, text: string): void {
  const { name } = agent.spec;
  if (agent.queue.length >= QUEUE_MAX) throw tooMany(`${QUEUE_MAX} messages wait for ${name}`, name);
  const all = Object.values(fleet.agents).flatMap(({ queue }) => queue);
  const characters = all.reduce((sum, message) => sum + message.text.length, text.length);
  if (characters > QUEUED_CHARACTERS_MAX) {
    throw tooMany(`Messages of ${QUEUED_CHARACTERS_MAX} characters wait for the agents`, name);
  }
}

/** Answers once the message has ended. */
export async function outcome(
  context: DaemonContext,
  params: { readonly agent: string; readonly id: string },
): Promise<MessageOutcome> {
  const { engine, until } = context;
  const find = (): Message | undefined => {
    const agent = engine.fleet.agents[params.agent];
    return agent === undefined ? undefined : findMessage(agent, params.id);
  };
  findAgent(engine.fleet, params.agent);
  if (find() === undefined) {
    throw new AgentvisorError(
      'failed',
      `${params.agent} knows no message ${params.id}.`,
      `See: agentvisor describe ${params.agent}`,
    );
  }
  await until(() => !['queued', 'sent'].includes(find()?.state ?? 'cancelled'));
  const message = find();
  if (message === undefined) {
    return { id: params.id, state: 'cancelled', answer: null, cause: 'operator', detail: 'the agent was deleted' };
  }
  const { id, state, cause, detail } = message;
  return {
    id,
    state,
    cause,
    detail,
    answer: state === 'answered' ? readAnswer(context, params.agent, message) : null,
  };
}

/** The answer stands in the run's own file; there is no second copy. */
function readAnswer(context: DaemonContext, agent: string, message: Message): string | null {
  if (message.answer === null) return null;
  const { run, offset } = message.answer;
  const line = readLineBefore(runFiles(runFolder(context.home, agent, run)).stdout, offset);
  if (line === null) return null;
  const text = resultOf(line);
  return typeof text === 'string' ? redact(text, context.secrets.known()) : null;
}

/** A log whose front was cut since may hold something else at that place. */
function resultOf(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'result' in value ? value.result : null;
  } catch {
    // Half of a line: the answer is gone.
    return null;
  }
}

const tooMany = (what: string, agent: string): AgentvisorError =>
  new AgentvisorError('refused', `${what} already.`, `See why: agentvisor describe ${agent}`);

const takesNone = (name: string): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `${name} is a command agent and takes no messages.`,
    'Only stream agents can be asked.',
  );

const isLeaving = (name: string): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `${name} is being deleted and takes no messages any more.`,
    `Start it first: agentvisor start ${name}`,
  );
