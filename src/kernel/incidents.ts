import { isLimit, type Cause, type Scope } from './causes.ts';
import { nextNumber, type Draft } from './draft.ts';
import type { Attempt, Incident, Receipt } from './fleet.ts';
import { stampOf } from './moment.ts';

/** What an incident keeps of each kind; it is a report, not a log. */
export const EVIDENCE_KEPT_MAX = 20;
export const ATTEMPTS_KEPT_MAX = 200;
export const REQUEST_IDS_KEPT_MAX = 50;
export const RECOVERIES_KEPT_MAX = 500;

/** How far a scope reaches; an incident may only widen. */
const WIDTH: Readonly<Record<Scope, number>> = {
  session: 0,
  config: 1,
  machine: 1,
  tier: 2,
  window: 3,
  credential: 4,
  account: 5,
  upstream: 6,
};

export function openIncident(draft: Draft, scope: Scope, key: string, cause: Cause): Incident {
  const incident: Incident = {
    id: `i${nextNumber(draft)}`,
    scope,
    key,
    cause,
    openedAt: stampOf(draft.moment),
    closedAt: null,
    mergedInto: null,
    agents: [],
    open: [],
    evidence: [],
    attempts: [],
    requestIds: [],
    recoveries: [],
  };
  return putIncident(draft, incident);
}

/** Stores an incident; what it then is goes to the host's file at the end of the step. */
export function putIncident(draft: Draft, incident: Incident): Incident {
  draft.incidents[incident.id] = incident;
  draft.changedIncidents.add(incident.id);
  return incident;
}

/** The open incident to which this trouble belongs. A limit and a failure of one account are two troubles. */
export function findOpenIncident(draft: Draft, scope: Scope, key: string, cause: Cause): Incident | undefined {
  return Object.values(draft.incidents).find(
    (incident) => incident.scope === scope && incident.key === key && isLimit(incident.cause) === isLimit(cause),
  );
}

const withOne = (list: readonly string[], item: string | null, max: number): readonly string[] =>
  item === null || list.includes(item) ? list : [...list, item].slice(0, max);

/** Adds an agent's failure to an incident. The first evidence is kept: it is what opened it. */
export function addEvidence(incident: Incident, agent: string, text: string, requestId: string | null): Incident {
  return {
    ...incident,
    agents: withOne(incident.agents, agent, Infinity),
    open: withOne(incident.open, agent, Infinity),
    evidence: withOne(incident.evidence, text, EVIDENCE_KEPT_MAX),
    requestIds: withOne(incident.requestIds, requestId, REQUEST_IDS_KEPT_MAX),
  };
}

/** A wider verdict replaces a narrower one and keeps the id; a narrower one changes nothing. */
export const widen = (incident: Incident, scope: Scope, key: string, cause: Cause): Incident =>
  WIDTH[scope] > WIDTH[incident.scope] ? { ...incident, scope, key, cause } : incident;

export const addAttempt = (incident: Incident, attempt: Attempt): Incident => ({
  ...incident,
  attempts: [...incident.attempts, attempt].slice(-ATTEMPTS_KEPT_MAX),
});

/** Says how an agent's attempt ended, or which run it became. */
export function changeLastAttempt(incident: Incident, agent: string, change: Partial<Attempt>): Incident {
  const index = incident.attempts.findLastIndex((attempt) => attempt.agent === agent && attempt.outcome === 'pending');
  if (index === -1) return incident;
  const attempts = incident.attempts.map((attempt, at) => (at === index ? { ...attempt, ...change } : attempt));
  return { ...incident, attempts };
}

export const addReceipt = (incident: Incident, receipt: Receipt): Incident => ({
  ...incident,
  recoveries: [...incident.recoveries, receipt].slice(-RECOVERIES_KEPT_MAX),
});

/**
 * An agent is out of the trouble: it has answered, was stopped, was deleted, or is in a worse one (`into`). The last one
 * closes the incident.
 */
export function leaveIncident(draft: Draft, incident: Incident, agent: string, into: string | null): Incident {
  const open = incident.open.filter((name) => name !== agent);
  const isClosed = open.length === 0;
  return putIncident(draft, {
    ...incident,
    open,
    closedAt: isClosed ? draft.moment.wall : null,
    mergedInto: isClosed ? into : null,
  });
}
