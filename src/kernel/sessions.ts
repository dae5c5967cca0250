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
const holdsNothing = (session: Session): boolean =>
  session.lastGood === null && session.tail === 'failed';

const freshSession = (agent: Agent): Session => {
  const number = agent.session.number + 1;
  return { ...firstSession(agent.seed), id: sessionId(agent.seed, number), number, mended: 'fresh' };
};

/**
 * How the next process gets its conversation. A failed turn is left out by resuming at the last good answer, so that
 * the question is seen once; an unfinished one that already did work is resumed as it is.
 */
export function planSession(agent: Agent): { readonly session: Session; readonly plan: SessionPlan } {
  const mayResume = agent.spec.claude.resume && agent.session.begun && !holdsNothing(agent.session);
  if (!mayResume) {
    const session = agent.session.begun ? { ...freshSession(agent), mended: 'no' as const } : agent.session;
    return { session, plan: { kind: 'new', id: session.id } };
  }
  const session = agent.session;
  const at = session.tail === 'failed' || session.mended === 'forked' ? session.lastGood : null;
  if (session.mended !== 'forked') {
    return { session, plan: { kind: 'resume', id: session.id, at, fork: null } };
  }
  const forked = { ...session, number: session.number + 1, id: sessionId(agent.seed, session.number + 1) };
  return { session: forked, plan: { kind: 'resume', id: session.id, at, fork: { newId: forked.id } } };
}

/** A conversation that cannot be resumed is forked once at its last good answer, then left for a fresh one. */
export function mendSession(draft: Draft, agent: Agent): Agent {
  const canFork = agent.session.mended === 'no' && agent.session.lastGood !== null;
  const session: Session = canFork
    ? { ...agent.session, mended: 'forked' }
    : freshSession(agent);
  const detail = canFork
    ? `${agent.session.id} cannot be resumed: forking it at its last good answer`
    : `${agent.session.id} cannot be resumed: starting a fresh conversation ${session.id}`;
  record(draft, agent, 'session-changed', 'session-unusable', detail);
  return { ...agent, session };
}
