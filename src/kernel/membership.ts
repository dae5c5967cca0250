import { CAUSES, isAuth, isLimit, type Cause, type Scope } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import type { Agent, Fleet } from './fleet.ts';
import type { Gate, Incident, Recovery } from './trouble.ts';
import { changeGate, gateOf, passOn } from './gates.ts';
import {
  addEvidence,
  endAttempt,
  findOpenIncident,
  isWider,
  openIncident,
  putIncident,
  REQUEST_IDS_KEPT_MAX,
  WIDE,
  widen,
} from './incidents.ts';
import { must } from './invariant.ts';
import { laterOf, stampOf } from './moment.ts';
import { tell } from './notices.ts';
import { noteLost } from './seen-windows.ts';
import { credentialOf } from './shared-credential.ts';
import { tierOf } from './tier.ts';
import { isTogether, type Seen, type Verdict } from './verdict.ts';

/** Who is in which incident: joining one, being swallowed by a wider one, leaving. */

export const incidentOf = ({ incidents }: Pick<Fleet, 'incidents'>, agent: Agent): Incident | undefined =>
  agent.recovery === null ? undefined : incidents[agent.recovery.incident];

/** What was seen of an agent's trouble. */
export type Evidence = { readonly text: string; readonly requestId: string | null };

/** Puts an agent into the incident that its trouble belongs to. The oldest that fits keeps its id and grows. */
export function joinIncident(draft: Draft, agent: Agent, verdict: Verdict, evidence: Evidence, seen: Seen): Agent {
  const own = incidentOf(draft, agent);
  if (own !== undefined) {
    putIncident(draft, endAttempt(own, agent.spec.name, isRejection(verdict.cause) ? 'failed' : 'unproven'));
  }
  const gate = agent.recovery?.gate ?? credentialOf(draft, agent);
  const key = keyOf(agent, gate, verdict);
  const stays = own !== undefined && belongsTo(draft, own, verdict, key);
  const [known, ...swallowed] = candidates(draft, gate, key, verdict, stays ? own.id : null);
  const { id } = known ?? openIncident(draft, { ...verdict, key, idleMs: seen.idleMs });
  for (const other of swallowed) swallow(draft, id, other);
  grow(draft, id, agent, verdict, key, evidence);
  const joined = put(draft, { ...agent, recovery: recoveryIn(draft, agent, id, gate, evidence, seen, stays) });
  changeGate(draft, id, must(joined.recovery, 'it has just joined').gate, {});
  if (own !== undefined && !stays) leave(draft, agent, own, id);
  if (known === undefined) {
    record(draft, joined, 'incident-opened', verdict.cause, `${id}: ${CAUSES[verdict.cause].told}`);
    tell(draft, id, 'opened');
  }
  if (agent.recovery?.stage === 'verifying') {
    record(draft, joined, 'attempt-failed', verdict.cause, evidence.text);
    tell(draft, id, 'failing');
  }
  return stays ? joined : put(draft, { ...joined, patience: null });
}

/** An attempt that ends in a limit or a lack of money has neither worked nor failed: it proves nothing. */
function isRejection(cause: Cause): boolean {
  const { action } = CAUSES[cause];
  return action === 'restart' || action === 'fresh' || cause === 'auth-credential';
}

/** Whether another failure belongs to the trouble in which the agent already is. */
function belongsTo(draft: Draft, own: Incident, { scope, cause }: Verdict, key: string): boolean {
  // A limit says nothing about a trouble of another kind.
  if (isLimit(cause)) return !isLimit(own.cause) || isSameLimit(draft, own, scope, key, cause);
  if (isLimit(own.cause)) return false;
  if (isAuth(cause)) return isAuth(own.cause);
  // What only this agent is held for must not hold the others, nor those who come later.
  const isAlone = own.open.length === 1 && !WIDE.has(own.scope);
  return !isAuth(own.cause) || CAUSES[cause].action !== 'hold' || isAlone;
}

/** A limit that reaches further takes along nobody who has not met it, and is not opened twice. */
function isSameLimit(draft: Draft, own: Incident, scope: Scope, key: string, cause: Cause): boolean {
  if (!isWider(scope, own.scope)) return true;
  return own.open.length === 1 && findOpenIncident(draft, scope, key, cause) === undefined;
}

/** The open incidents that are the same trouble as this one, the oldest first. */
function candidates(
  draft: Draft,
  gate: string,
  key: string,
  { scope, cause }: Verdict,
  own: string | null,
): readonly Incident[] {
  if (!isAuth(cause)) {
    const found = own === null ? findOpenIncident(draft, scope, key, cause) : draft.incidents[own];
    return found === undefined ? [] : [found];
  }
  return Object.values(draft.incidents)
    .filter((incident) => {
      if (!isAuth(incident.cause)) return false;
      if (incident.id === own) return true;
      const isOfCredential = incident.gates[gate] !== undefined;
      if (scope === 'upstream' && isRejectedTogether(draft, incident)) return true;
      return isOfCredential && (WIDE.has(scope) || WIDE.has(incident.scope));
    })
    .toSorted((one, other) => numberOf(one) - numberOf(other));
}

const numberOf = ({ id }: Incident): number => Number(id.slice(1));

const isRejectedTogether = (draft: Draft, { open }: Incident): boolean =>
  open.some((name) => isTogether(must(draft.agents[name], `${name} is in an incident`).rejectedAt, draft.moment));

/** The key under which agents with the same trouble meet. */
function keyOf(agent: Agent, credential: string, { scope }: Verdict): string {
  switch (scope) {
    case 'credential':
    case 'account':
    case 'window':
      return credential;
    case 'tier':
      return [credential, tierOf(agent.model ?? agent.spec.claude.model) ?? ''].join(' ').trim();
    case 'upstream':
    case 'machine':
      return scope;
    case 'session':
    case 'config':
      return agent.spec.name;
  }
}

function grow(draft: Draft, id: string, agent: Agent, verdict: Verdict, key: string, evidence: Evidence): void {
  const incident = must(draft.incidents[id], `${id} is open`);
  const { scope, cause } = verdict;
  const wider = isLimit(cause) && !isLimit(incident.cause) ? incident : widen(incident, scope, key, cause);
  const { name } = agent.spec;
  putIncident(draft, addEvidence(wider, name, `${name}: ${evidence.text}`, evidence.requestId));
  if (!WIDE.has(wider.scope)) noLongerWide(draft, incident);
}

/** Idle agents of its credential may be renewed again. */
function noLongerWide(draft: Draft, { scope }: Incident): void {
  if (WIDE.has(scope)) for (const name of Object.keys(draft.agents)) draft.touched.add(name);
}

function recoveryIn(
  draft: Draft,
  agent: Agent,
  incident: string,
  gate: string,
  evidence: Evidence,
  seen: Seen,
  stays: boolean,
): Recovery {
  const known = agent.recovery;
  if (known !== null && stays) return { ...known, incident };
  return {
    incident,
    gate,
    stage: 'waiting',
    attempts: 0,
    next: null,
    prompts: false,
    failedAt: stampOf(draft.moment),
    since: seen.since,
    failedRequestId: evidence.requestId,
    rejectedAt: null,
  };
}

/** A trouble turns out to be part of a wider one: its agents go over as they are, and it closes. */
function swallow(draft: Draft, into: string, swallowed: Incident): void {
  const wider = must(draft.incidents[into], `${into} is open`);
  const pending = swallowed.attempts.filter(({ outcome }) => outcome === 'pending');
  const grown = swallowed.open.reduce(
    (incident, name) => addEvidence(incident, name, must(swallowed.evidence[0], 'it was opened by something'), null),
    wider,
  );
  putIncident(draft, {
    ...grown,
    attempts: [...grown.attempts, ...pending],
    requestIds: [...grown.requestIds, ...swallowed.requestIds].slice(0, REQUEST_IDS_KEPT_MAX),
    failedAttempts: grown.failedAttempts + swallowed.failedAttempts,
    gates: mergeGates(grown.gates, swallowed.gates),
  });
  for (const name of swallowed.open) {
    const agent = must(draft.agents[name], `${name} is in ${swallowed.id}`);
    const recovery = must(agent.recovery, `${name} knows it`);
    put(draft, { ...agent, recovery: { ...recovery, incident: into } });
    record(draft, agent, 'incident-closed', swallowed.cause, `${swallowed.id}: now ${into}`);
  }
  putIncident(draft, {
    ...swallowed,
    attempts: swallowed.attempts.filter(({ outcome }) => outcome !== 'pending'),
    open: [],
    closedAt: draft.moment.wall,
    mergedInto: into,
  });
  tell(draft, swallowed.id, 'closed');
}

function mergeGates(one: Incident['gates'], other: Incident['gates']): Incident['gates'] {
  const merged: Record<string, Gate> = { ...one };
  for (const [key, gate] of Object.entries(other)) {
    const known = merged[key];
    merged[key] = known === undefined ? gate : mergeTwo(known, gate);
  }
  return merged;
}

/** One canary is enough, and what is planned waits for it; of two plans the later holds. */
function mergeTwo(one: Gate, other: Gate): Gate {
  const tries = one.canary === null ? other : one;
  const next = one.next !== null && other.next !== null ? laterOf(one.next, other.next) : (one.next ?? other.next);
  return {
    canary: tries.canary,
    until: tries.until,
    last: tries.last,
    attempts: one.attempts + other.attempts,
    delayMs: Math.max(one.delayMs, other.delayMs),
    closedAt: one.closedAt,
    next: tries.canary === null ? next : null,
    held: one.held || other.held,
    renewed: one.renewed || other.renewed,
    ...(one.learned === undefined ? {} : { learned: one.learned }),
  };
}

/**
 * An agent is out of the trouble: it has answered, was stopped, was deleted, or is in another one (`into`). The last one
 * closes the incident.
 */
export function leave(draft: Draft, agent: Agent, incident: Incident, into: string | null = null): void {
  const { name } = agent.spec;
  const known = must(draft.incidents[incident.id], `${incident.id} is open`);
  const open = known.open.filter((member) => member !== name);
  const isClosed = open.length === 0;
  const { gate } = must(agent.recovery, `${name} was in it`);
  const left = putIncident(draft, {
    ...known,
    open,
    closedAt: isClosed ? draft.moment.wall : null,
    mergedInto: isClosed ? into : null,
  });
  if (!isClosed) {
    if (gateOf(left, gate).canary === name) passOn(draft, agent, left, gate);
    return;
  }
  if (into === null) noteLost(draft, left, gateOf(left, gate));
  record(draft, agent, 'incident-closed', left.cause, into === null ? left.id : `${left.id}: now ${into}`);
  tell(draft, left.id, 'closed');
  noLongerWide(draft, left);
  // Who has left a credential may have waited for the end of its trouble.
  for (const [each, { fallback }] of Object.entries(draft.agents)) if (fallback !== null) draft.touched.add(each);
}
