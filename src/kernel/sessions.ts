import { record, type Draft } from './draft.ts';
import { runOf, type Agent, type Session, type Turn } from './fleet.ts';
import { messageOf, sessionId } from './ids.ts';
import { must } from './invariant.ts';
import type { SessionPlan } from './session-plan.ts';

export const firstSession = (seed: string): Session => ({
  id: sessionId(seed, 0),
  number: 0,
  begun: false,
  lastGood: null,
  lastSaid: null,
  firstAsked: null,
  unanswered: null,
  tail: 'clean',
  mended: 'no',
});

/**
 * Where to resume so that a failed turn is left out: at the last good answer, or, in a conversation that never had one,
 * at the question itself. That only serves the message it is the question of; for any other there is nothing to keep.
 */
function anchorOf({ session, queue }: Agent): string | null {
  if (session.lastGood !== null || session.firstAsked === null) return session.lastGood;
  return messageOf(session.firstAsked) === queue[0]?.id ? session.firstAsked : null;
}

const freshSession = (agent: Agent): Session => {
  const number = agent.session.number + 1;
  return { ...firstSession(agent.seed), id: sessionId(agent.seed, number), number, mended: 'fresh' };
};

/**
 * How the next process gets its conversation. A failed turn is left out, so that the question is seen once; an
 * unfinished one that already did work is resumed as it is. A fork becomes the agent's session with its first turn:
 * until then there is only the one it is made from.
 */
export function planSession(agent: Agent): { readonly session: Session; readonly plan: SessionPlan } {
  const session = agent.session;
  const anchor = anchorOf(agent);
  const holdsNothing = session.tail === 'failed' && anchor === null;
  const mayResume = agent.spec.claude.resume && session.begun && !holdsNothing;
  if (!mayResume) {
    const fresh = session.begun ? { ...freshSession(agent), mended: 'no' as const } : session;
    return { session: fresh, plan: { kind: 'new', id: fresh.id } };
  }
  const at = session.tail === 'failed' ? anchor : null;
  const unanswered = at !== null && at === session.firstAsked ? messageOf(at) : null;
  if (session.mended !== 'forking') {
    return { session: { ...session, unanswered }, plan: { kind: 'resume', id: session.id, at, fork: null } };
  }
  const number = session.number + 1;
  const fork = { newId: sessionId(agent.seed, number) };
  return { session: { ...session, number, unanswered }, plan: { kind: 'resume', id: session.id, at, fork } };
}

/** The process still speaks in a conversation that was given up for a fresh one: it says nothing about that. */
function isGivenUp({ session, state }: Agent): boolean {
  const run = runOf(state);
  return run !== null && run.sessionNumber !== session.number;
}

/** A turn has begun in the session of its plan: from now on it can be resumed, and a fork has become real. */
export function beginSession(agent: Agent, reportedId: string | null, asked: string | null): Session {
  const { session } = agent;
  if (isGivenUp(agent)) return session;
  const plan = must(runOf(agent.state), 'who speaks has a process').session;
  const fork = session.mended === 'forking' && plan?.kind === 'resume' ? plan.fork : null;
  const id = reportedId ?? fork?.newId ?? session.id;
  const firstAsked = session.lastGood === null ? (session.firstAsked ?? asked) : null;
  return { ...session, id, begun: true, firstAsked, mended: fork === null ? session.mended : 'forked' };
}

export function afterGoodTurn(agent: Agent, turn: Turn): Session {
  const { session } = agent;
  if (isGivenUp(agent)) return session;
  const lastGood = turn.lastAnswer ?? session.lastGood;
  const firstAsked = turn.lastAnswer === null ? session.firstAsked : null;
  return { ...session, tail: 'clean', lastGood, firstAsked, unanswered: null, mended: 'no' };
}

export function afterFailedTurn(agent: Agent, turn: Turn): Session {
  const { session } = agent;
  if (isGivenUp(agent)) return session;
  const tail = tailAfter(session, turn);
  const isThere = turn.asks || session.unanswered === turn.message;
  // Without the echo, or in a turn of its own, nobody knows what the conversation ends with.
  const stands = tail === 'failed' && turn.accepted && isThere;
  const lastSaid = tail === 'partial' && !turn.usedTools ? turn.lastAnswer : null;
  return { ...session, tail, lastSaid, unanswered: stands ? turn.message : null };
}

/**
 * Another message is asked: nobody waits any more for the rest of the answer that the conversation ends with. What was said
 * of it stays; a use of tools without its end is left out by the next process, for nothing can be taken up behind it.
 */
export function leaveBehind(session: Session): Session {
  if (session.tail !== 'partial') return session;
  if (session.lastSaid === null) return { ...session, tail: 'failed' };
  return { ...session, tail: 'clean', lastGood: session.lastSaid, firstAsked: null };
}

function tailAfter(session: Session, turn: Turn): Session['tail'] {
  if (turn.answered || turn.usedTools) return 'partial';
  if (session.tail === 'partial') return 'partial';
  return session.begun ? 'failed' : session.tail;
}

/**
 * A conversation that cannot be resumed is forked once at its last good answer, then left for a fresh one. What was
 * begun behind that answer is not in the fork, so it is asked again and not told to go on.
 */
export function mendSession(draft: Draft, agent: Agent): Agent {
  // It was given up already; what its old process says does not concern the new one.
  if (isGivenUp(agent)) return agent;
  const canFork = agent.session.mended === 'no' && agent.session.lastGood !== null;
  const session: Session = canFork ? { ...agent.session, mended: 'forking', tail: 'failed' } : freshSession(agent);
  const detail = canFork
    ? `${agent.session.id} cannot be resumed: forking it at its last good answer`
    : `${agent.session.id} cannot be resumed: starting a fresh conversation ${session.id}`;
  record(draft, agent, 'session-changed', 'session-unusable', detail);
  return { ...agent, session };
}
