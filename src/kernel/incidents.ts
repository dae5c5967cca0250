import { isLimit, type Cause, type Scope } from './causes.ts';
import { nextNumber, type Draft } from './draft.ts';
import type { Attempt, Incident, Receipt } from './trouble.ts';
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

/** Whether one scope reaches further than another. */
export const isWider = (one: Scope, other: Scope): boolean => WIDTH[one] > WIDTH[other];

/** What reaches over all agents of a credential: one of them tries for all. */
export const WIDE: ReadonlySet<Scope> = new Set<Scope>(['window', 'credential', 'upstream']);

export function openIncident(
  draft: Draft,
  trouble: { readonly scope: Scope; readonly key: string; readonly cause: Cause; readonly idleMs: number | null },
): Incident {
  const incident: Incident = {
    id: `i${nextNumber(draft)}`,
    ...trouble,
    openedAt: stampOf(draft.moment),
    closedAt: null,
    mergedInto: null,
    agents: [],
    open: [],
    evidence: [],
    attempts: [],
    requestIds: [],
    recoveries: [],
    gates: {},
    failedAttempts: 0,
    told: [],
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
export function widen(incident: Incident, scope: Scope, key: string, cause: Cause): Incident {
  if (!isWider(scope, incident.scope)) return incident;
  const canaries = new Set(Object.values(incident.gates).map(({ canary }) => canary));
  // Who tries alone when it turns out that all are concerned tries for all.
  const attempts = incident.attempts.map((attempt) =>
    WIDE.has(scope) && attempt.outcome === 'pending' && canaries.has(attempt.agent)
      ? { ...attempt, canary: true }
      : attempt,
  );
  return { ...incident, scope, key, cause, attempts };
}

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

/** An attempt is over. One that was not rejected but never answered counts as failed, too. */
export function endAttempt(
  incident: Incident,
  agent: string,
  outcome: Attempt['outcome'],
  isFailure = outcome === 'failed',
): Incident {
  const ended = changeLastAttempt(incident, agent, { outcome });
  const hasEnded = ended !== incident && isFailure;
  return hasEnded ? { ...ended, failedAttempts: incident.failedAttempts + 1 } : ended;
}

export const addReceipt = (incident: Incident, receipt: Receipt): Incident => ({
  ...incident,
  recoveries: [...incident.recoveries, receipt].slice(-RECOVERIES_KEPT_MAX),
});
