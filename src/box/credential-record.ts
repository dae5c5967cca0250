import type { Fleet } from '../kernel/fleet.ts';
import type { CredentialSpec } from '../kernel/spec.ts';

/** What is known of a credential beside its place. */
export type CredentialRecord = {
  /** When its secret was made, ms since the epoch; null when nobody has said. */
  readonly mintedAt: number | null;
  /** Of secrets that the API has refused for good. */
  readonly deadFingerprints: readonly string[];
};

/** What the state keeps of each credential, by its name. A state that was written before there was one has none. */
type Ledger = Readonly<
  Record<string, { readonly mintedAt?: number | null; readonly dead?: { readonly fingerprint: string } | null }>
>;

/**
 * The one place where the checks read what the state has learned of credentials: the day that a declaration names counts
 * before the one that was noted. `fleet`: null where there is no state.
 */
export function credentialRecords(fleet: Fleet | null): (spec: CredentialSpec) => CredentialRecord {
  const ledger = (fleet as { readonly ledger?: Ledger } | null)?.ledger ?? {};
  return ({ name, mintedAt }) => {
    const noted = ledger[name];
    const dead = noted?.dead?.fingerprint;
    return {
      mintedAt: mintedAt ?? noted?.mintedAt ?? null,
      deadFingerprints: dead === undefined ? [] : [dead],
    };
  };
}
