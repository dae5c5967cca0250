import type { Cause } from '../kernel/causes.ts';
import type { Gate, Incident } from '../kernel/trouble.ts';
import { iso } from './views.ts';

/** `incidents --stats --json`: the field names are a contract. */
export type IncidentStats = {
  /** When the first incident opened, null when there was none. */
  readonly from: string | null;
  readonly to: string;
  /** Between both, at least 1. */
  readonly days: number;
  readonly total: number;
  readonly open: number;
  /** Incidents in which the API rejected who asked, per day. */
  readonly windowsPerDay: number;
  readonly byCause: Readonly<Partial<Record<Cause, number>>>;
  /** How long the closed ones were open. */
  readonly lengthMs: {
    readonly min: number;
    readonly median: number;
    readonly p90: number;
    readonly max: number;
    readonly total: number;
  } | null;
  /** In all, and in one incident. */
  readonly attempts: Spread;
  readonly attemptsFailed: number;
  /** In all, and of one agent in one incident: until it answered again. */
  readonly downMs: Spread;
  /** Closed ones in which an agent answered again after an attempt. */
  readonly healedByRestart: number;
  readonly afterIdleMs: number;
  /** Of those incidents of which it is known: how many began with an agent that had been idle for longer than that. */
  readonly afterIdleness: { readonly known: number; readonly after: number; readonly share: number | null };
  /** An incident of several credentials counts for each of them, and so does how long its agents were down. */
  readonly byCredential: readonly {
    readonly credential: string;
    readonly incidents: number;
    readonly downMs: number;
    readonly attempts: number;
  }[];
  readonly byAgent: readonly { readonly agent: string; readonly incidents: number; readonly downMs: number }[];
};

type Spread = { readonly total: number; readonly median: number; readonly max: number };

const DAY_MS = 86_400_000;
const AFTER_IDLE_MS = 3_600_000;
const AUTH_CAUSES: readonly Cause[] = ['auth-session', 'auth-window', 'auth-credential'];

/** What happened to a home's agents. An incident that went up in another one is counted there. */
export function incidentStats(all: readonly Incident[], now: number): IncidentStats {
  const incidents = all.filter(({ mergedInto }) => mergedInto === null);
  const first = incidents.reduce((earliest, { openedAt }) => Math.min(earliest, openedAt.wall), now);
  const days = Math.max(1, (now - first) / DAY_MS);
  const windows = incidents.filter(({ cause }) => AUTH_CAUSES.includes(cause)).length;
  return {
    from: incidents.length === 0 ? null : iso(first),
    to: iso(now),
    days,
    total: incidents.length,
    open: incidents.filter(({ closedAt }) => closedAt === null).length,
    windowsPerDay: windows / days,
    byCause: countsOf(incidents.map(({ cause }) => cause)),
    lengthMs: lengthsOf(incidents),
    attempts: spread(incidents.map(({ attempts }) => attempts.length)),
    attemptsFailed: incidents.flatMap(({ attempts }) => attempts).filter(({ outcome }) => outcome === 'failed').length,
    downMs: spread(incidents.flatMap(({ recoveries }) => recoveries.map(({ downMs }) => downMs))),
    healedByRestart: incidents.filter(({ closedAt, recoveries }) => closedAt !== null && recoveries.length > 0).length,
    afterIdleMs: AFTER_IDLE_MS,
    afterIdleness: idlenessOf(incidents),
    byCredential: byCredential(incidents),
    byAgent: byAgent(incidents),
  };
}

function countsOf(causes: readonly Cause[]): IncidentStats['byCause'] {
  const counts: Partial<Record<Cause, number>> = {};
  for (const cause of causes) counts[cause] = (counts[cause] ?? 0) + 1;
  return counts;
}

function lengthsOf(incidents: readonly Incident[]): IncidentStats['lengthMs'] {
  // A clock that was set back meanwhile makes no negative length.
  const lengths = incidents
    .flatMap(({ openedAt, closedAt }) => (closedAt === null ? [] : [Math.max(0, closedAt - openedAt.wall)]))
    .toSorted(ascending);
  const [min] = lengths;
  if (min === undefined) return null;
  return { min, p90: lengths[Math.ceil(lengths.length * 0.9) - 1] ?? min, ...spread(lengths) };
}

function idlenessOf(incidents: readonly Incident[]): IncidentStats['afterIdleness'] {
  const idle = incidents.flatMap(({ idleMs }) => (idleMs === null ? [] : [idleMs]));
  const after = idle.filter((ms) => ms > AFTER_IDLE_MS).length;
  return { known: idle.length, after, share: idle.length === 0 ? null : after / idle.length };
}

function byCredential(incidents: readonly Incident[]): IncidentStats['byCredential'] {
  const rows = new Map<string, { incidents: number; downMs: number; attempts: number }>();
  for (const incident of incidents) {
    for (const [credential, gate] of Object.entries(incident.gates)) {
      const row = rows.get(credential) ?? { incidents: 0, downMs: 0, attempts: 0 };
      rows.set(credential, {
        incidents: row.incidents + 1,
        downMs: row.downMs + downMsOf(incident),
        attempts: row.attempts + attemptsAt(incident, gate),
      });
    }
  }
  return [...rows]
    .map(([credential, row]) => ({ credential, ...row }))
    .toSorted((one, other) => other.incidents - one.incidents || inOrder(one.credential, other.credential));
}

function byAgent(incidents: readonly Incident[]): IncidentStats['byAgent'] {
  const rows = new Map<string, { incidents: number; downMs: number }>();
  for (const incident of incidents) {
    for (const agent of incident.agents) {
      const row = rows.get(agent) ?? { incidents: 0, downMs: 0 };
      rows.set(agent, { incidents: row.incidents + 1, downMs: row.downMs + downMsOf(incident, agent) });
    }
  }
  return [...rows]
    .map(([agent, row]) => ({ agent, ...row }))
    .toSorted((one, other) => other.incidents - one.incidents || inOrder(one.agent, other.agent));
}

/** Those who follow pass their gate without trying for others. With one gate all attempts are of its credential. */
const attemptsAt = ({ attempts, gates }: Incident, gate: Gate): number =>
  Object.keys(gates).length === 1 ? attempts.length : gate.attempts;

const downMsOf = ({ recoveries }: Incident, agent?: string): number =>
  sum(recoveries.filter((receipt) => agent === undefined || receipt.agent === agent).map(({ downMs }) => downMs));

function spread(numbers: readonly number[]): Spread {
  const rising = numbers.toSorted(ascending);
  const [low, high] = [rising[Math.ceil(rising.length / 2) - 1] ?? 0, rising[Math.floor(rising.length / 2)] ?? 0];
  return { total: sum(rising), median: (low + high) / 2, max: rising.at(-1) ?? 0 };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const ascending = (one: number, other: number): number => one - other;
const inOrder = (one: string, other: string): number => (one < other ? -1 : 1);
