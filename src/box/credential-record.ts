import { readMints } from '../home/mints.ts';
import type { Fleet } from '../kernel/fleet.ts';
import { recordOf } from '../kernel/ledger.ts';
import type { CredentialSpec } from '../kernel/spec.ts';

/** What is known of a credential beside its place. */
export type CredentialRecord = {
  /** When a secret was made, ms since the epoch; null when nobody has said. `fingerprint`: null when that is not known. */
  readonly mintedAt: (fingerprint: string | null) => number | null;
  /** Of secrets that the API has refused for good. */
  readonly deadFingerprints: readonly string[];
};

/**
 * The one place where the checks read what was learned of credentials. What `login` has noted of this very secret counts
 * before the day that the declaration names, which may be that of the one before it. `fleet`: null where there is no state.
 */
export function credentialRecords(fleet: Fleet | null, home: string): (spec: CredentialSpec) => CredentialRecord {
  const mints = readMints(home);
  return ({ name, mintedAt }) => ({
    mintedAt: (fingerprint) => {
      const noted = mints.find((mint) => mint.credential === name && mint.fingerprint === fingerprint);
      const at = fingerprint === null || noted === undefined ? Number.NaN : Date.parse(noted.mintedAt);
      return Number.isNaN(at) ? mintedAt : at;
    },
    deadFingerprints: fleet === null ? [] : recordOf(fleet, name).dead.flatMap(({ fingerprint }) => fingerprint ?? []),
  });
}
