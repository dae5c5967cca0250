import { nextNumber, put, type Draft } from './draft.ts';
import type { Agent, Message, Run } from './fleet.ts';
import { deliveryUuid, ownMessageId } from './ids.ts';
import { must } from './invariant.ts';
import { changeMessage, finishMessage, mayBeAsked, newMessage } from './messages.ts';
import { after, isDue, stampOf } from './moment.ts';
import { proofOwed } from './roll.ts';
import { sharesCredential } from './shared-credential.ts';
import { leaveBehind } from './sessions.ts';
import { newTurn } from './turns.ts';
import { watchFrom } from './watches.ts';

/** Said instead of the question when the failed turn had already begun to answer it. */
export const CONTINUE_TEXT = 'continue';

/** Gives a ready agent its next message, one at a time; asks for a proof when a restarted agent has none to answer. */
export function deliverNext(draft: Draft, ready: Agent, run: Run): Agent {
  const until = ready.patience?.until ?? null;
  if (!mayBeAsked(ready) || (until !== null && !isDue(until, draft.moment))) return ready;
  const owed = proofOwed(draft, ready);
  const agent = dropNeedlessPrompt(draft, ready, owed !== null);
  const head = agent.queue[0];
  if (owed !== null && (head === undefined || (owed.first && isUntouched(head)))) {
    return isPromptOut(draft, agent) ? agent : ask(draft, agent, run, owed.prompt);
  }
  if (head !== undefined) return deliver(draft, agent, run, head);
  const prompt = agent.spec.auth.verify.prompt;
  const recovery = agent.recovery;
  const needsProof = recovery?.stage === 'verifying' && recovery.prompts && recovery.next === null;
  if (!needsProof || prompt === false || isPromptOut(draft, agent)) return agent;
  return ask(draft, agent, run, prompt);
}

/** Asks for a proof, before whatever else waits. */
function ask(draft: Draft, agent: Agent, run: Run, prompt: string): Agent {
  const id = ownMessageId(agent.seed, nextNumber(draft));
  const asked = newMessage(id, 'verify', prompt, draft.moment.wall);
  return deliver(draft, { ...agent, queue: [asked, ...agent.queue] }, run, asked);
}

/** Nobody has begun to answer it, and it is not asked again for another reason. */
const isUntouched = ({ origin, deliveries }: Message): boolean => origin === 'operator' && deliveries === 0;

/** At most one agent of a credential at a time is asked for a proof: what it shows holds for the others. */
const isPromptOut = (draft: Draft, agent: Agent): boolean =>
  Object.values(draft.agents).some(
    (other) => other.id !== agent.id && isAsked(other.queue[0]) && sharesCredential(other, agent),
  );

/** One that waits for another attempt, or in an agent that was stopped, asks nobody. */
const isAsked = (message: Message | undefined): boolean => message?.origin === 'verify' && message.state === 'sent';

/** A prompt of our own is not asked again when a real message can prove the same, or when no proof is needed any more. */
function dropNeedlessPrompt(draft: Draft, agent: Agent, isOwed: boolean): Agent {
  const [head, next] = agent.queue;
  if (head?.origin !== 'verify' || (next === undefined && (isOwed || agent.recovery?.prompts === true))) return agent;
  const end = { cause: null, detail: 'no longer needed', answer: null };
  return put(draft, finishMessage(agent, head.id, 'cancelled', end));
}

const goesOn = (agent: Agent, message: Message): boolean => message.partial && agent.session.tail === 'partial';

/** What is written for a message: its question; the word to go on when work on it has begun; nothing where it stands already. */
function textFor(agent: Agent, message: Message): string | null {
  if (goesOn(agent, message)) return CONTINUE_TEXT;
  return agent.session.unanswered === message.id ? null : message.text;
}

function deliver(draft: Draft, agent: Agent, run: Run, message: Message): Agent {
  const n = message.deliveries + 1;
  const uuid = deliveryUuid(message.id, n);
  const text = textFor(agent, message);
  draft.commands.push({ type: 'deliver', agent: agent.spec.name, run: run.id, uuid, text });
  const partial = goesOn(agent, message);
  const asking = partial ? agent : { ...agent, session: leaveBehind(agent.session) };
  const sent = changeMessage(asking, message.id, { state: 'sent', deliveries: n, partial });
  const recovery = agent.recovery;
  const isProof = recovery?.stage === 'verifying' && recovery.next === null;
  const timeoutMs = agent.spec.auth.verify.timeoutMs;
  return put(draft, {
    ...sent,
    patience: agent.patience === null ? null : { ...agent.patience, until: null },
    recovery: isProof ? { ...recovery, next: after(draft.moment, timeoutMs) } : recovery,
    turn: newTurn(stampOf(draft.moment), watchFrom(draft, agent, run, false, 0), {
      message: message.id,
      uuid,
      asks: !partial && text !== null,
    }),
  });
}

/** Writes the same delivery again after a crash in which nobody knows whether it arrived: the agent drops a second copy. */
export function deliverAgain(draft: Draft, agent: Agent, run: Run): void {
  const turn = agent.turn;
  if (turn === null || turn.accepted || turn.uuid === null) return;
  const message = must(
    agent.queue.find((candidate) => candidate.id === turn.message),
    'the message of a turn waits for its end',
  );
  const text = textFor(agent, message);
  draft.commands.push({ type: 'deliver', agent: agent.spec.name, run: run.id, uuid: turn.uuid, text });
  put(draft, { ...agent, turn: { ...turn, repeated: true } });
}
