import { isAuth, type Cause } from '../kernel/causes.ts';
import { runOf, type Agent, type Fleet } from '../kernel/fleet.ts';
import type { CredentialRecord } from '../kernel/ledger.ts';
import { incidentOf } from '../kernel/membership.ts';
import { ENDS_SOON_MS } from '../kernel/secret-deadlines.ts';
import { undeclaredSource } from '../kernel/undeclared-source.ts';
import type { CredentialVerdict } from './auth-rows.ts';

/** What is known of a credential. */
export type CredentialFacts = {
  /** Who is given it. */
  readonly users: readonly Agent[];
  readonly record: Pick<CredentialRecord, 'lastGood' | 'dead'>;
  /** Fingerprint of the secret in place; null for a stored login, and where nobody knows it. */
  readonly inPlace: string | null;
  /** When it ends, ms since the epoch. */
  readonly endsAt: number | null;
};

type Known = Pick<Fleet, 'credentials' | 'incidents'>;

/** What an open incident of an agent says of its credential; null: nothing, another thing is in the way. */
const OF_INCIDENT: Readonly<Record<Cause, CredentialVerdict | null>> = {
  'auth-session': 'session incident',
  'auth-window': 'window',
  'auth-credential': 'incident',
  'auth-transient': 'incident',
  capped: 'capped',
  billing: 'incident',
  account: 'incident',
  config: 'incident',
  throttled: null,
  overloaded: null,
  server: null,
  network: null,
  model: null,
  clean: null,
  crash: null,
  signal: null,
  oom: null,
  'spawn-failed': null,
  'start-timeout': null,
  'hang-in-turn': null,
  'hang-after-result': null,
  'session-unusable': null,
  'transcript-poisoned': null,
  'message-failed': null,
  leftovers: null,
  operator: null,
  'idle-wake': null,
  memory: null,
  unknown: null,
};

/** The exit code of `auth --check` for each verdict, the worst first. */
const CHECK_CODES: readonly (readonly [CredentialVerdict, number])[] = [
  ['dead', 1],
  ['window', 13],
  ['session incident', 13],
  ['incident', 13],
  ['capped', 12],
  ['expiring', 10],
  ['unproven', 11],
  ['works', 0],
];

/** How a credential is, by all that its agents were told. `now`: ms since the epoch. */
export function credentialVerdict(fleet: Known, facts: CredentialFacts, now: number): CredentialVerdict {
  const { users, endsAt } = facts;
  const seen = users.flatMap((agent) => {
    const cause = incidentOf(fleet, agent)?.cause;
    return cause === undefined ? [] : (OF_INCIDENT[cause] ?? []);
  });
  const isEnding = endsAt !== null && endsAt - now <= ENDS_SOON_MS;
  return worstOf([
    ...(isDead(fleet, facts) ? (['dead'] as const) : []),
    ...seen,
    ...(isEnding ? (['expiring'] as const) : []),
    isProven(fleet, facts) ? 'works' : 'unproven',
  ]);
}

/** Of several the one that counts; that of none is that nothing is wrong. */
export const worstOf = (verdicts: readonly CredentialVerdict[]): CredentialVerdict =>
  CHECK_CODES.find(([verdict]) => verdicts.includes(verdict))?.[0] ?? 'works';

/** What `auth --check` ends with. */
export const checkCodeOf = (verdict: CredentialVerdict): number =>
  CHECK_CODES.find(([each]) => each === verdict)?.[1] ?? 0;

/** Where no fingerprint tells one secret from another, those who were refused are held for it. */
const isDead = (fleet: Known, { users, record, inPlace }: CredentialFacts): boolean =>
  inPlace === null
    ? users.some((agent) => {
        const incident = incidentOf(fleet, agent);
        return agent.recovery?.stage === 'held' && incident !== undefined && isAuth(incident.cause);
      })
    : record.dead.some(({ fingerprint }) => fingerprint === inPlace);

/** A good answer on the very secret that is in place. The last one may have been given on another, by one that has it still. */
function isProven(fleet: Known, { users, record: { lastGood }, inPlace }: CredentialFacts): boolean {
  const isIt = (fingerprint: string | null): boolean => inPlace === null || fingerprint === inPlace;
  if (lastGood !== null && isIt(lastGood.fingerprint)) return true;
  return users.some(
    (agent) =>
      runOf(agent.state)?.answered === true && isIt(agent.fingerprint) && undeclaredSource(fleet, agent) === null,
  );
}
