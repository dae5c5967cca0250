import { runOf, type Agent, type Fleet } from '../kernel/fleet.ts';
import { isOver, recordOf, usersOf } from '../kernel/ledger.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import type { CredentialRow } from './auth-rows.ts';
import { credentialVerdict } from './credential-verdict.ts';
import { rotationRow } from './rotation-row.ts';
import { iso } from './views.ts';

/** What a look at its place shows. */
export type SecretInPlace = { readonly fingerprint: string | null; readonly endsAt: number | null };

/** One element of `credentials` in `auth --json`. `now`: ms since the epoch. */
export function credentialRow(fleet: Fleet, spec: CredentialSpec, seen: SecretInPlace, now: number): CredentialRow {
  const { name, type } = spec;
  const record = recordOf(fleet, name);
  const users = usersOf(fleet, name);
  const { fingerprint, endsAt } = seen;
  const incidents = users.flatMap(({ recovery }) => recovery?.incident ?? []);
  return {
    name,
    type,
    source: sourceWords(spec),
    fingerprint,
    agents: users.map((agent) => agent.spec.name),
    verdict: credentialVerdict(fleet, { users, record, inPlace: fingerprint, endsAt }, now),
    incidents: [...new Set(incidents)],
    lastGood: record.lastGood === null ? null : { ...record.lastGood, at: iso(record.lastGood.at) },
    endsAt: endsAt === null ? null : iso(endsAt),
    rotation: rotationOf(fleet, name),
  };
}

/** All that are declared, by name, as far as the state alone tells. */
export const credentialStates = (fleet: Fleet, now: number): readonly CredentialRow[] =>
  Object.values(fleet.credentials)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((spec) => credentialRow(fleet, spec, secretLastSeen(fleet, spec.name), now));

/** What the state alone knows: the secret that was given out last, and the end that was last seen. */
export const secretLastSeen = (fleet: Fleet, credential: string): SecretInPlace => ({
  fingerprint: lastGiven(usersOf(fleet, credential)),
  endsAt: recordOf(fleet, credential).deadline?.at ?? null,
});

/** The fingerprint of who was started last: runs are numbered as they begin. */
function lastGiven(users: readonly Agent[]): string | null {
  const given = users
    .filter(({ fingerprint }) => fingerprint !== null)
    .toSorted((one, other) => numberOf(one) - numberOf(other));
  return given.at(-1)?.fingerprint ?? null;
}

const numberOf = ({ state }: Agent): number => Number(runOf(state)?.id ?? 0);

function sourceWords({ from, configDir }: CredentialSpec): string {
  if (from === null) return `login ${configDir ?? '~/.claude'}`;
  if ('file' in from) return `file ${from.file}`;
  return 'env' in from ? `env ${from.env}` : `command ${from.command[0] ?? ''}`;
}

function rotationOf(fleet: Fleet, credential: string): CredentialRow['rotation'] {
  const { rotation } = recordOf(fleet, credential);
  const row = rotationRow(fleet, credential);
  if (rotation === null || row === null || isOver(rotation)) return null;
  const { steps: _, ...shown } = row;
  return shown;
}
