import type { Fleet } from '../kernel/fleet.ts';
import { retiredAt } from '../kernel/ledger.ts';
import { NoSecret } from './secrets.ts';

/** An agent that came up with a secret that was replaced would fail, or use what somebody took away for a reason. */
export function refuseRetired(fleet: Fleet, credential: string, fingerprint: string | null): void {
  const at = fingerprint === null ? null : retiredAt(fleet, credential, fingerprint);
  if (at === null) return;
  const when = new Date(at).toISOString();
  throw new NoSecret(
    `credential '${credential}': its secret ${fingerprint} was replaced on ${when} and is not used any more; give it a new one: agentvisor rotate ${credential}`,
  );
}
