import { put, type Draft } from './draft.ts';
import type { Agent, Message, Run } from './fleet.ts';
import { deliveryUuid, ownMessageId } from './ids.ts';
import { changeMessage, newMessage } from './messages.ts';
import { after, isDue, stampOf } from './moment.ts';
import { nextNumber } from './draft.ts';

/** Said instead of the question when the failed turn had already begun to answer it. */
export const CONTINUE_TEXT = 'continue';

/** Gives a ready agent its next message, one at a time; asks for a proof when a restarted agent has none to answer. */
export function deliverNext(draft: Draft, agent: Agent, run: Run): Agent {
  if (!mayAsk(agent, run, draft)) return agent;
  const head = agent.queue[0];
  if (head !== undefined) return deliver(draft, agent, run, head);
  const prompt = agent.spec.auth.verify.prompt;
  const needsProof = agent.recovery?.stage === 'verifying' && agent.recovery.next === null;
  if (!needsProof || prompt === false) return agent;
  const id = ownMessageId(agent.seed, nextNumber(draft));
  const asked = newMessage(id, 'verify', prompt, draft.moment.wall);
  return deliver(draft, { ...agent, queue: [asked] }, run, asked);
}

function mayAsk(agent: Agent, run: Run, draft: Draft): boolean {
  if (agent.spec.mode !== 'stream' || agent.turn !== null || run.catchingUp) return false;
  const until = agent.patience?.until ?? null;
  if (until !== null && !isDue(until, draft.moment)) return false;
  const stage = agent.recovery?.stage;
  return stage === undefined || stage === 'verifying' || stage === 'waiting';
}

function deliver(draft: Draft, agent: Agent, run: Run, message: Message): Agent {
  const n = message.deliveries + 1;
  const uuid = deliveryUuid(message.id, n);
  const goesOn = agent.session.tail === 'partial' && message.deliveries > 0;
  const text = goesOn ? CONTINUE_TEXT : message.text;
  draft.commands.push({ type: 'deliver', agent: agent.spec.name, run: run.id, uuid, text });
  const sent = changeMessage(agent, message.id, { state: 'sent', deliveries: n });
  const recovery = agent.recovery;
  const isProof = recovery?.stage === 'verifying' && recovery.next === null;
  const timeoutMs = agent.spec.auth.verify.timeoutMs;
  return put(draft, {
    ...sent,
    patience: agent.patience === null ? null : { ...agent.patience, until: null },
    recovery: isProof ? { ...recovery, next: after(draft.moment, timeoutMs) } : recovery,
    turn: {
      message: message.id,
      uuid,
      startedAt: stampOf(draft.moment),
      accepted: false,
      answered: false,
      usedTools: false,
      lastAnswer: null,
      suspectedAt: null,
      resetsAt: null,
      failure: null,
    },
  });
}

/** Writes the same delivery again after a crash in which nobody knows whether it arrived: the agent drops a second copy. */
export function deliverAgain(draft: Draft, agent: Agent, run: Run): void {
  const turn = agent.turn;
  if (turn === null || turn.accepted || turn.uuid === null) return;
  const message = agent.queue.find((candidate) => candidate.id === turn.message);
  if (message === undefined) return;
  const goesOn = agent.session.tail === 'partial' && message.deliveries > 1;
  const text = goesOn ? CONTINUE_TEXT : message.text;
  draft.commands.push({ type: 'deliver', agent: agent.spec.name, run: run.id, uuid: turn.uuid, text });
}
