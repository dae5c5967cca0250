import { CAUSE_OF, CAUSES, type Cause, type Scope } from './causes.ts';
import type { Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import type { Agent } from './fleet.ts';
import { elapsedMs, isLater, type Stamp } from './moment.ts';
import { sharesCredential } from './shared-credential.ts';

/** How far a trouble reaches, and why. */
export type Verdict = { readonly scope: Scope; readonly cause: Cause };

/** Agents that are rejected within this time are rejected together. */
export const TOGETHER_MS = 60_000;

const SESSION: Verdict = { scope: 'session', cause: 'auth-session' };
const WINDOW: Verdict = { scope: 'window', cause: 'auth-window' };
const UPSTREAM: Verdict = { scope: 'upstream', cause: 'auth-window' };

/** When and how a failure was seen. */
export type Seen = {
  /** The first `api_retry` of the trouble, or the begin of the turn that failed. */
  readonly since: Stamp;
  /** Heard while catching up: nothing about the others follows from it. */
  readonly late: boolean;
  /** How long the agent had been idle before, null when this process had served no turn yet. */
  readonly idleMs: number | null;
};

/** The first row that matches decides. */
export function verdictOf(draft: Draft, agent: Agent, failure: Failure, seen: Seen): Verdict {
  const cause = CAUSE_OF[failure.kind];
  if (cause !== 'auth-session') return { scope: CAUSES[cause].scope, cause };
  if (seen.late) return SESSION;
  const others = Object.values(draft.agents).filter((other) => other.id !== agent.id);
  const rejected = others.filter(({ rejectedAt }) => isTogether(rejectedAt, draft.moment));
  if (rejected.some((other) => !sharesCredential(other, agent))) return UPSTREAM;
  const since = agent.recovery?.since ?? seen.since;
  if (siblingAnswered(draft, agent, since)) return SESSION;
  const isFresh = agent.recovery?.stage === 'verifying';
  return isFresh || rejected.length > 0 ? WINDOW : SESSION;
}

/** Somebody with the same credential was answered in a turn that began after that. */
export const siblingAnswered = (draft: Draft, agent: Agent, since: Stamp): boolean =>
  Object.values(draft.agents).some(
    (other) => other.id !== agent.id && sharesCredential(other, agent) && hasAnsweredSince(other, since),
  );

const hasAnsweredSince = ({ provenAt }: Agent, since: Stamp): boolean => provenAt !== null && isLater(provenAt, since);

/** It was rejected lately, and has not answered since. */
export const isTogether = (rejectedAt: Stamp | null, now: Stamp): boolean =>
  rejectedAt !== null && elapsedMs(rejectedAt, now) <= TOGETHER_MS;
