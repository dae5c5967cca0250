import type { Cause } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import { runOf, type Agent, type Fallback, type Fleet } from './fleet.ts';
import { FOLLOW_MS } from './gates.ts';
import { changeRecord, recordOf, usersOf } from './ledger.ts';
import { incidentOf } from './membership.ts';
import { after, isDue, type Deadline } from './moment.ts';
import { tellCeiling, tellFallback, tellFallbackOver } from './fallback-notices.ts';
import { causeOfHold } from './plans.ts';
import { SLOW_ATTEMPT_MS } from './quiet.ts';
import { abandonRecovery } from './recovery.ts';

/**
 * An agent whose own credential is dead works on the next one of its list, and tries its own one now and then: one agent at
 * a time, between turns, and all return when it is answered. Money is only spent where a person has said so.
 */

/** The causes that another credential helps against and no new process does. */
const DEAD: ReadonlySet<Cause> = new Set<Cause>(['auth-credential', 'billing', 'account']);

type Known = Pick<Fleet, 'credentials' | 'ledger' | 'incidents'>;

/** A credential may be used in another one's place: nobody was held for it, and it may still cost what it costs. */
export function isUsable({ credentials, ledger, incidents }: Known, name: string): boolean {
  const spec = credentials[name];
  if (spec === undefined || (spec.type === 'api-key' && !spec.billable)) return false;
  if (isSpent({ credentials, ledger }, name)) return false;
  return !Object.values(incidents).some(({ gates }) => gates[name]?.held === true);
}

/** All has been spent on it that may be. */
export const isSpent = ({ credentials, ledger }: Pick<Fleet, 'credentials' | 'ledger'>, name: string): boolean => {
  const ceilingUsd = credentials[name]?.ceilingUsd ?? null;
  return ceilingUsd !== null && recordOf({ ledger }, name).spentUsd >= ceilingUsd;
};

/**
 * An agent that is held, or capped if that was asked for, works on its next credential, if it has one that may be used. It
 * leaves its incident: what it answers from now on shows nothing about the credential that is in trouble.
 */
function fallBack(draft: Draft, agent: Agent): Agent | null {
  const incident = incidentOf(draft, agent);
  if (incident === undefined) return null;
  const cause = agent.recovery?.stage === 'held' ? causeOfHold(incident) : incident.cause;
  const isAwaited = agent.recovery?.stage === 'held' || agent.recovery?.stage === 'waiting';
  const [own] = agent.spec.credentials;
  const next = isAwaited ? nextCredential(draft, agent, cause) : null;
  if (next === null || own === undefined) return null;
  const until = (cause === 'capped' ? agent.patience?.until : null) ?? slowly(draft);
  // Those who had left it before were stopped meanwhile: it is news again.
  if (awayFrom(draft, own).length === 0) changeRecord(draft, own, { leftFor: [] });
  const free = abandonRecovery(draft, agent);
  const fallback: Fallback = { own, name: next, returning: false, until: agent.fallback?.until ?? until };
  const detail = `works on '${next}' while '${own}' is in trouble`;
  record(draft, free, 'fallback', cause, detail);
  tellFallback(draft, free, fallback, cause);
  return put(draft, { ...free, fallback, restart: { cause, how: 'now', detail, secret: 'old' } });
}

function nextCredential(draft: Draft, { spec, fallback }: Agent, cause: Cause): string | null {
  if (cause === 'capped' ? !spec.fallback.whenCapped : !DEAD.has(cause)) return null;
  const known = fallback === null ? 0 : spec.credentials.indexOf(fallback.name);
  return spec.credentials.slice(known + 1).find((name) => isUsable(draft, name)) ?? null;
}

const slowly = (draft: Draft): Deadline => after(draft.moment, SLOW_ATTEMPT_MS);

/** Whether an agent leaves its credential, or tries to return to it; null when neither. */
export function driveFallback(draft: Draft, agent: Agent): Agent | null {
  const { fallback, turn, restart } = agent;
  if (restart !== null || !mayAct(agent)) return null;
  const left = turn === null ? fallBack(draft, agent) : null;
  if (left !== null || fallback === null) return left;
  if (fallback.returning) {
    if (!isDue(fallback.until, draft.moment)) return null;
    return goOnWithFallback(draft, agent, fallback, 'auth-credential', 'no answer in time');
  }
  if (turn !== null) return null;
  if (isSpent(draft, fallback.name)) return leaveSpent(draft, agent, fallback);
  return isDue(fallback.until, draft.moment) && mayTry(draft, agent, fallback)
    ? tryToReturn(draft, agent, fallback)
    : null;
}

const mayAct = ({ state, paused, desired }: Agent): boolean => {
  if (paused || desired === 'down') return false;
  if (state.at === 'running') return !state.run.catchingUp;
  return state.at === 'waiting' || state.at === 'errored';
};

/**
 * Nobody else tries that credential or waits in an incident for the next attempt on it, it may still cost something, and the
 * agent is in no trouble itself: only the end of a cap is worth a try in any case.
 */
function mayTry(
  fleet: Pick<Fleet, 'agents' | 'incidents' | 'credentials' | 'ledger'>,
  agent: Agent,
  away: Fallback,
): boolean {
  const { own, until } = away;
  if (isSpent(fleet, own) || (agent.recovery !== null && until.clock === 'mono')) return false;
  if (Object.values(fleet.incidents).some(({ gates }) => gates[own] !== undefined)) return false;
  return awayFrom(fleet, own).every((other) => !other.away.returning);
}

/** When a look at an agent that works on another credential is due. */
export function fallbackDeadlines(
  fleet: Pick<Fleet, 'agents' | 'incidents' | 'credentials' | 'ledger'>,
  agent: Agent,
): readonly Deadline[] {
  const { fallback, turn, restart } = agent;
  if (fallback === null || restart !== null || !mayAct(agent)) return [];
  if (fallback.returning) return [fallback.until];
  return turn === null && mayTry(fleet, agent, fallback) ? [fallback.until] : [];
}

/** It tries its own credential. */
function tryToReturn(draft: Draft, agent: Agent, fallback: Fallback): Agent {
  const { stop, watch, auth } = agent.spec;
  const timeMs = stop.interruptTimeoutMs + stop.killTimeoutMs + watch.startTimeoutMs + auth.verify.timeoutMs;
  const detail = `tries '${fallback.own}' again`;
  record(draft, agent, 'fallback', null, detail);
  const free = agent.recovery === null ? agent : abandonRecovery(draft, agent);
  return put(draft, {
    ...free,
    fallback: { ...fallback, returning: true, until: after(draft.moment, timeMs) },
    restart: { cause: 'operator', how: 'after-turn', detail, secret: 'old' },
  });
}

/** Its own credential is still no good: it goes on with the other one, if that may still be used. */
export function goOnWithFallback(draft: Draft, agent: Agent, fallback: Fallback, cause: Cause, text: string): Agent {
  const isKept = isUsable(draft, fallback.name);
  const kept: Fallback | null = isKept ? { ...fallback, returning: false, until: slowly(draft) } : null;
  const detail = isKept ? `goes on with '${fallback.name}'` : `stays with '${fallback.own}'`;
  record(draft, agent, 'fallback', cause, `${detail}: ${text}`);
  const free = agent.recovery === null ? agent : abandonRecovery(draft, agent);
  // One try at a time is enough for all of them.
  for (const { agent: other, away } of awayFrom(draft, fallback.own)) {
    put(draft, { ...other, fallback: { ...away, until: slowly(draft) } });
  }
  return put(draft, { ...free, fallback: kept, restart: { cause, how: 'interrupt', detail, secret: 'old' } });
}

/** The credential that a returning agent has failed with; null when it does not return, or fails for another reason, which it waits out. */
export const failedReturn = ({ fallback, state, restart, recovery }: Agent, { kind }: Failure): Fallback | null => {
  const isTrying = fallback?.returning === true && restart === null && recovery === null;
  return isTrying && runOf(state)?.answered === false && REFUSALS.has(kind) ? fallback : null;
};

const REFUSALS: ReadonlySet<Failure['kind']> = new Set<Failure['kind']>([
  'auth',
  'credential',
  'billing',
  'account',
  'capped',
]);

/**
 * Somebody was answered on a credential: those who left it return, one after the other.
 * @param wasAway the one who has answered had left it, too, and is back
 */
export function returnAll(draft: Draft, credential: string, answered: Agent, wasAway: boolean): void {
  const away = awayFrom(draft, credential);
  if (wasAway && answered.fallback === null) record(draft, answered, 'fallback', null, `is back on '${credential}'`);
  away.forEach((each, index) => hasten(draft, each, (index + 1) * FOLLOW_MS));
  if (away.length > 0 || recordOf(draft, credential).leftFor.length === 0) return;
  tellFallbackOver(draft, answered, credential);
}

/** Those whose own credential this is and who work on another one. */
const awayFrom = ({ agents }: Pick<Fleet, 'agents'>, credential: string): readonly Away[] =>
  Object.values(agents).flatMap((agent) =>
    agent.fallback?.own === credential ? [{ agent, away: agent.fallback }] : [],
  );

type Away = { readonly agent: Agent; readonly away: Fallback };

/** The secret of a credential was replaced, or a person has asked for it: it is tried at once by one of those who left it. */
export function tryAgain(draft: Draft, credential: string): void {
  for (const each of awayFrom(draft, credential)) hasten(draft, each, 0);
}

function hasten(draft: Draft, { agent, away }: Away, delayMs: number): void {
  if (away.returning) return;
  // What it waits for there is no matter any more.
  const free = agent.recovery === null ? agent : abandonRecovery(draft, agent);
  put(draft, { ...free, fallback: { ...away, until: after(draft.moment, delayMs) } });
}

/** What a turn has cost is added to its credential, and whoever uses that decides anew. */
export function spend(draft: Draft, name: string, usd: number): void {
  if (usd === 0) return;
  const wasSpent = isSpent(draft, name);
  changeRecord(draft, name, { spentUsd: recordOf(draft, name).spentUsd + usd });
  if (!wasSpent && isSpent(draft, name)) tellCeiling(draft, name);
  for (const { spec } of usersOf(draft, name)) draft.touched.add(spec.name);
}

/** It goes on with the next one of its list, else with its own, whatever that is worth. */
function leaveSpent(draft: Draft, agent: Agent, fallback: Fallback): Agent {
  const text = `'${fallback.name}' has cost what it may`;
  record(draft, agent, 'fallback', 'billing', text);
  const known = agent.spec.credentials.indexOf(fallback.name);
  const next = agent.spec.credentials.slice(known + 1).find((name) => isUsable(draft, name));
  const moved = next === undefined ? null : { ...fallback, name: next };
  if (moved !== null) tellFallback(draft, agent, moved, 'billing');
  return put(draft, {
    ...agent,
    fallback: moved,
    restart: { cause: 'billing', how: 'now', detail: text, secret: 'old' },
  });
}
