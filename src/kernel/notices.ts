import { CAUSES, toldOf, type Cause, type Scope } from './causes.ts';
import { nextNumber, type Draft } from './draft.ts';
import type { Agent, Fleet } from './fleet.ts';
import type { Incident, Receipt } from './trouble.ts';
import { putIncident } from './incidents.ts';
import { must } from './invariant.ts';
import type { Wall } from './moment.ts';
import type { NotifySpec } from './spec.ts';

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

/** A secret ends soon, or has ended: whoever uses it must be given another one. `days`: which of the notices it is. */
export function tellEnd(draft: Draft, credential: string, agents: readonly string[], days: number, text: string): void {
  send(draft, {
    id: `${credential}-ends-${days}-${nextNumber(draft)}`,
    kind: 'attention',
    at: draft.moment.wall,
    incident: null,
    scope: 'credential',
    cause: 'auth-credential',
    agents,
    text: `${namesOf({ agents })} (credential): ${text}`,
    receipt: null,
  });
}

/** The disk is full. What happens to the agents meanwhile is what they were declared with; somebody has to make room. */
export function tellDisk(draft: Draft): void {
  const agents = Object.keys(draft.agents);
  tellOfDaemon(
    draft,
    'disk-full',
    `${namesOf({ agents })} (machine): a person is needed. The disk that holds the agents' output is full. Free some of it; what agents do meanwhile is their log.onFull. See: agentvisor doctor`,
  );
}

/** agentvisor itself is in trouble, which concerns all of its agents. */
export function tellOfDaemon(draft: Draft, what: string, text: string): void {
  send(draft, {
    id: `${what}-${nextNumber(draft)}`,
    kind: 'attention',
    at: draft.moment.wall,
    incident: null,
    scope: 'machine',
    cause: 'unknown',
    agents: Object.keys(draft.agents),
    text,
    receipt: null,
  });
}

/** Where notices about these agents go: the channels of the files that they stand in, each once. */
export function channelsOf(
  { agents, notify }: Pick<Fleet, 'agents' | 'notify'>,
  names: readonly string[],
): readonly NotifySpec[] {
  const files = new Set(names.map((name) => agents[name]?.spec.file ?? ''));
  const all = [...files].flatMap((file) => notify[file] ?? []);
  return [...new Map(all.map((channel) => [JSON.stringify(channel), channel])).values()];
}

/** @returns false when nobody wants to be told */
export function send(draft: Draft, notice: Notice): boolean {
  const channels = channelsOf(draft, notice.agents);
  if (channels.length > 0) draft.commands.push({ type: 'notice', notice, channels });
  return channels.length > 0;
}

const AGENTS_NAMED_MAX = 5;

function namesOf({ agents }: Pick<Incident, 'agents'>): string {
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
