import { CAUSES, toldOf, type Cause, type Scope } from './causes.ts';
import { nextNumber, type Draft } from './draft.ts';
import type { Agent, Fallback } from './fleet.ts';
import type { Incident, Receipt } from './trouble.ts';
import { putIncident } from './incidents.ts';
import { changeRecord, recordOf } from './ledger.ts';
import { must } from './invariant.ts';
import type { Wall } from './moment.ts';

/**
 * opened: a trouble was found · failing: its second attempt has failed and nobody was told of it yet · attention: a person
 * is needed · closed: it is over.
 */
export type NoticeKind = 'opened' | 'failing' | 'attention' | 'closed';

/** What is told to people about a trouble, once each. */
export type Notice = {
  /** Unique in a home, and the same again when the same notice is made by a replay. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly at: Wall;
  /** Null for an agent that ended too often: that is no incident. */
  readonly incident: string | null;
  readonly scope: Scope | null;
  readonly cause: Cause;
  readonly agents: readonly string[];
  /** For people: what is, and what to do. */
  readonly text: string;
  /** The first proof that it is over, on `closed`. */
  readonly receipt: Receipt | null;
};

/**
 * Tells people of an incident what has not been told of it. Nobody to tell, nothing is told.
 * @param why a cause that says more than the incident's own
 */
export function tell(draft: Draft, id: string, kind: NoticeKind, why: Cause | null = null): void {
  const incident = must(draft.incidents[id], `${id} is known`);
  const cause = why ?? incident.cause;
  const isKnown = incident.told.includes(kind) || (kind === 'failing' && !isFailing(incident));
  // What a person must mend is told when it is certain, and then only once.
  if (isKnown || (kind === 'opened' && CAUSES[cause].action === 'hold')) return;
  // Of what nobody heard nobody need hear that it is over.
  if (kind === 'closed' && incident.told.length === 0) return;
  const notice: Notice = {
    id: `${id}-${kind}`,
    kind,
    at: draft.moment.wall,
    incident: id,
    scope: incident.scope,
    cause,
    agents: incident.agents,
    text: textOf({ ...incident, cause }, kind),
    receipt: kind === 'closed' ? (incident.recoveries[0] ?? null) : null,
  };
  if (send(draft, notice)) putIncident(draft, { ...incident, told: [...incident.told, kind] });
}

const isFailing = ({ failedAttempts, told }: Incident): boolean => failedAttempts >= 2 && told.length === 0;

/** An agent has ended so often that it is only tried now and then. */
export function tellErrored(draft: Draft, agent: Agent, cause: Cause): void {
  const { name } = agent.spec;
  send(draft, {
    id: `${name}-errored-${nextNumber(draft)}`,
    kind: 'attention',
    at: draft.moment.wall,
    incident: null,
    scope: CAUSES[cause].scope,
    cause,
    agents: [name],
    text: `${name} ended too often and is only tried now and then. ${toldOf(cause, agent.lastExit?.detail ?? '')} See: agentvisor logs ${name}`,
    receipt: null,
  });
}

/** Agents work on another credential than their own. Told once, until they are back. */
export function tellFallback(draft: Draft, agent: Agent, { own, name }: Fallback, cause: Cause): void {
  if (recordOf(draft, own).isLeft) return;
  changeRecord(draft, own, { isLeft: true });
  const agents = Object.values(draft.agents).filter(({ spec }) => spec.credentials[0] === own);
  const text = `${agent.spec.name} works on '${name}' while '${own}' is in trouble${costText(draft, name)}. ${CAUSES[cause].told} ${CAUSES[cause].todo} agentvisor goes back to '${own}' when that is answered again.`;
  send(draft, {
    id: `${own}-left-${nextNumber(draft)}`,
    kind: 'attention',
    at: draft.moment.wall,
    incident: null,
    scope: 'credential',
    cause,
    agents: agents.map(({ spec }) => spec.name),
    text: text.replaceAll(/ +/g, ' '),
    receipt: null,
  });
}

/** All are back on their own credential. */
export function tellFallbackOver(draft: Draft, agent: Agent, own: string): void {
  changeRecord(draft, own, { isLeft: false });
  const agents = Object.values(draft.agents).filter(({ spec }) => spec.credentials[0] === own);
  const others = new Set(agents.flatMap(({ spec }) => spec.credentials.slice(1)));
  const costs = [...others].map((name) => `'${name}'${costText(draft, name)}`).filter((text) => text.includes('USD'));
  send(draft, {
    id: `${own}-back-${nextNumber(draft)}`,
    kind: 'closed',
    at: draft.moment.wall,
    incident: null,
    scope: 'credential',
    cause: 'auth-credential',
    agents: agents.map(({ spec }) => spec.name),
    text: [`'${own}' answers ${agent.spec.name} again; all work on it.`, ...costs].join(' '),
    receipt: null,
  });
}

/** A credential has cost what it may. */
export function tellCeiling(draft: Draft, name: string): void {
  const { ceilingUsd } = must(draft.credentials[name], 'who has a ceiling is declared');
  const users = Object.values(draft.agents).filter(({ spec }) => spec.credentials.includes(name));
  send(draft, {
    id: `${name}-ceiling-${nextNumber(draft)}`,
    kind: 'attention',
    at: draft.moment.wall,
    incident: null,
    scope: 'credential',
    cause: 'billing',
    agents: users.map(({ spec }) => spec.name),
    text: `'${name}' has cost the ${ceilingUsd} USD that it may: no further turn is begun on it. To let it cost more, raise ceilingUsd and run: agentvisor start FILE`,
    receipt: null,
  });
}

function costText(draft: Draft, name: string): string {
  const spec = draft.credentials[name];
  if (spec === undefined || !spec.billable) return '';
  const { ceilingUsd } = spec;
  const spent = `has cost ${recordOf(draft, name).spentUsd.toFixed(2)} USD so far`;
  return ceilingUsd === null
    ? ` (which costs money and ${spent})`
    : ` (which costs money, ${spent} and may cost ${ceilingUsd} USD)`;
}

/** @returns false when nobody wants to be told */
function send(draft: Draft, notice: Notice): boolean {
  const files = new Set(notice.agents.map((name) => draft.agents[name]?.spec.file ?? ''));
  const all = [...files].flatMap((file) => draft.notify[file] ?? []);
  const channels = [...new Map(all.map((channel) => [JSON.stringify(channel), channel])).values()];
  if (channels.length > 0) draft.commands.push({ type: 'notice', notice, channels });
  return channels.length > 0;
}

const AGENTS_NAMED_MAX = 5;

function namesOf({ agents }: Incident): string {
  const more = agents.length - AGENTS_NAMED_MAX;
  return `${agents.slice(0, AGENTS_NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What people read: who, what, what happens, what to do. */
function textOf(incident: Incident, kind: NoticeKind): string {
  const { cause, scope, id, failedAttempts } = incident;
  const who = `${namesOf(incident)} (${scope})`;
  const see = `See: agentvisor incidents`;
  switch (kind) {
    case 'opened':
      return `${who}: ${CAUSES[cause].told} agentvisor acts by itself; ${id} is open. ${see}`;
    case 'failing':
      return `${who}: ${failedAttempts} attempts have failed. ${CAUSES[cause].told} agentvisor goes on trying. ${see}`;
    case 'attention':
      return `${who}: a person is needed. ${CAUSES[cause].told} ${CAUSES[cause].todo} ${see}`;
    case 'closed':
      return `${who}: ${endText(incident)}`;
  }
}

function endText(incident: Incident): string {
  const { id, mergedInto } = incident;
  return mergedInto === null ? `over. ${receiptText(incident)}` : `${id} goes on as a part of ${mergedInto}.`;
}

function receiptText({ id, recoveries, attempts: all }: Incident): string {
  const [first] = recoveries;
  if (first === undefined) return `${id} is closed: its agents were stopped, or work on another credential.`;
  const { agent, at, downMs, failedRequestId, messageId } = first;
  // Of the whole trouble, not of this agent alone.
  const attempts = all.filter((attempt) => attempt.at <= at).length;
  const request = failedRequestId === null ? '' : `, failed request ${failedRequestId}`;
  const tries = attempts === 0 ? 'without a restart' : `after ${attempts} attempt${attempts === 1 ? '' : 's'}`;
  return `${agent} answered again (${messageId ?? 'no message id'}) ${tries}, ${durationText(downMs)} later${request}.`;
}

const SECONDS_MAX = 120;
const MINUTES_MAX = 120;

/** As people say it: seconds, then minutes, then hours. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.round(seconds / 60);
  if (seconds <= SECONDS_MAX) return `${seconds} s`;
  return minutes <= MINUTES_MAX ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
