import { record, type Draft } from './draft.ts';
import type { Agent, Session } from './fleet.ts';
import { sessionId } from './ids.ts';
import type { SessionPlan } from './session.ts';

export const firstSession = (seed: string): Session => ({
  id: sessionId(seed, 0),
  number: 0,
  begun: false,
  lastGood: null,
  tail: 'clean',
  mended: 'no',
});

/** A conversation that never had a good turn holds nothing to keep but the question, which is asked again. */
const holdsNothing = (session: Session): boolean => session.lastGood === null && session.tail === 'failed';

const freshSession = (agent: Agent): Session => {
  const number = agent.session.number + 1;
  return { ...firstSession(agent.seed), id: sessionId(agent.seed, number), number, mended: 'fresh' };
};

/**
 * How the next process gets its conversation. A failed turn is left out by resuming at the last good answer, so that
 * the question is seen once; an unfinished one that already did work is resumed as it is. A fork becomes the agent's
 * session with its first turn: until then there is only the one it is made from.
 */
export function planSession(agent: Agent): { readonly session: Session; readonly plan: SessionPlan } {
  const session = agent.session;
  const mayResume = agent.spec.claude.resume && session.begun && !holdsNothing(session);
  if (!mayResume) {
    const fresh = session.begun ? { ...freshSession(agent), mended: 'no' as const } : session;
    return { session: fresh, plan: { kind: 'new', id: fresh.id } };
  }
  const at = session.tail === 'failed' ? session.lastGood : null;
  if (session.mended !== 'forking') {
    return { session, plan: { kind: 'resume', id: session.id, at, fork: null } };
  }
  const number = session.number + 1;
  const fork = { newId: sessionId(agent.seed, number) };
  return { session: { ...session, number }, plan: { kind: 'resume', id: session.id, at, fork } };
}

/** A turn has begun in the session of that plan: from now on it can be resumed, and a fork has become real. */
export function beginSession(session: Session, plan: SessionPlan | null, reportedId: string | null): Session {
  const fork = session.mended === 'forking' && plan?.kind === 'resume' ? plan.fork : null;
  const id = reportedId ?? fork?.newId ?? session.id;
  return { ...session, id, begun: true, mended: fork === null ? session.mended : 'forked' };
}

/**
 * A conversation that cannot be resumed is forked once at its last good answer, then left for a fresh one. What was
 * begun behind that answer is not in the fork, so it is asked again and not told to go on.
 */
export function mendSession(draft: Draft, agent: Agent): Agent {
  const canFork = agent.session.mended === 'no' && agent.session.lastGood !== null;
  const session: Session = canFork ? { ...agent.session, mended: 'forking', tail: 'failed' } : freshSession(agent);
  const detail = canFork
    ? `${agent.session.id} cannot be resumed: forking it at its last good answer`
    : `${agent.session.id} cannot be resumed: starting a fresh conversation ${session.id}`;
  record(draft, agent, 'session-changed', 'session-unusable', detail);
  return { ...agent, session };
}
