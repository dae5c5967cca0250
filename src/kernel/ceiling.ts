import type { Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import type { Agent } from './fleet.ts';
import { isSpent } from './fallback.ts';
import { credentialNameOf, recordOf } from './ledger.ts';
import { mayBeAsked } from './messages.ts';
import { stampOf } from './moment.ts';
import { onFailure } from './recovery.ts';

/**
 * No turn is begun on a credential that has cost what it may. What a turn costs is known at its end, so the last one may
 * go beyond; a raised ceiling (`start FILE`) lets its agents go on.
 * @returns whether the agent must not be asked now
 */
export function isStoppedByCeiling(draft: Draft, agent: Agent): boolean {
  const name = credentialNameOf(agent);
  if (name === null || !mayBeAsked(agent) || agent.queue.length === 0 || !isSpent(draft, name)) return false;
  // Who is in trouble already waits in it.
  if (agent.recovery === null)
    onFailure(draft, agent, ceilingFailure(draft, name), { since: stampOf(draft.moment), late: false, idleMs: null });
  return true;
}

function ceilingFailure(draft: Draft, name: string): Failure {
  const spentUsd = recordOf(draft, name).spentUsd.toFixed(2);
  return {
    kind: 'billing',
    status: null,
    error: null,
    text: `credential '${name}' has cost ${spentUsd} USD of the ${draft.credentials[name]?.ceilingUsd} USD that it may cost`,
    requestId: null,
    resetsAt: null,
  };
}
