import type { StoredLogin } from '../claude/stored-login.ts';
import { defaultConfigDir } from '../config/credentials.ts';
import type { Agent, Fleet } from '../kernel/fleet.ts';
import { usersOf } from '../kernel/ledger.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import { secretLastSeen, type SecretInPlace } from '../protocol/credential-row.ts';
import { readConfigFolder } from './config-folder.ts';
import { SETUP_TOKEN_MS } from './credential-checks.ts';
import type { CredentialRecord } from './credential-record.ts';
import { readSecret } from './credential-secret.ts';

/** Values of variables that secrets come from, as far as whoever looks has them. */
type Values = Readonly<Record<string, string | undefined>>;

/**
 * Looks at the place of a credential: which secret is there, and when it ends. What cannot be seen there (the output of a command, a
 * variable of another shell, a file that is gone) is what was given out last. Only files are read.
 */
export function secretInPlace(
  fleet: Fleet,
  spec: CredentialSpec,
  record: CredentialRecord,
  held: Values,
  now: number,
): SecretInPlace {
  const last = secretLastSeen(fleet, spec.name);
  const seen = readSecret(spec, held);
  if (seen === null) return { fingerprint: null, endsAt: endOf(logins(fleet, spec, now), last.endsAt) };
  const fingerprint = seen.is === 'seen' ? seen.fingerprint : last.fingerprint;
  const mintedAt = spec.type === 'oauth-token' ? record.mintedAt(fingerprint) : null;
  return { fingerprint, endsAt: mintedAt === null ? null : mintedAt + SETUP_TOKEN_MS };
}

/** Those of all config folders in which its agents would look for it. */
function logins(fleet: Fleet, { name, configDir }: CredentialSpec, now: number): readonly StoredLogin[] {
  const folderOf = ({ environment }: Agent): string => configDir ?? defaultConfigDir(environment['HOME'] ?? '/');
  const folders = new Set(usersOf(fleet, name).map(folderOf));
  return [...folders].map((folder) => readConfigFolder(folder, false, now).login);
}

/** The first end; a lapsed access token is none, for it renews itself. A login that cannot be seen ends as it was to. */
function endOf(all: readonly StoredLogin[], last: number | null): number | null {
  const seen = all.filter((login) => login.is === 'signed-in');
  if (seen.length === 0) return last;
  const ends = seen.flatMap(({ refreshTokenExpiresAt }) => refreshTokenExpiresAt ?? []);
  return ends.length === 0 ? null : Math.min(...ends);
}
