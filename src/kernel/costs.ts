import type { Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import { isSpent, spend } from './fallback.ts';
import type { Agent, Run } from './fleet.ts';
import { credentialNameOf, recordOf } from './ledger.ts';
import { mayBeAsked } from './messages.ts';
import { stampOf } from './moment.ts';
import { onFailure } from './recovery.ts';

/** What a turn has cost, by the sum that Claude Code prints for its process: money where the credential is billable, else notional. */
export function addCost(draft: Draft, agent: Agent, run: Run, totalCostUsd: number | null): Agent {
  if (totalCostUsd === null || !('run' in agent.state)) return agent;
  const spentUsd = Math.max(0, totalCostUsd - run.totalCostUsd);
  const name = credentialNameOf(agent) ?? '';
  const isBillable = draft.credentials[name]?.billable ?? false;
  if (isBillable) spend(draft, name, spentUsd);
  return {
    ...agent,
    state: { ...agent.state, run: { ...agent.state.run, totalCostUsd } },
    costUsd: agent.costUsd + (isBillable ? spentUsd : 0),
    notionalUsd: agent.notionalUsd + (isBillable ? 0 : spentUsd),
  };
}

/**
 * No turn is begun on a credential that has cost what it may. What a turn costs is known at its end, so the last one may
 * go beyond; a raised ceiling (`start FILE`) lets its agents go on.
 * @returns whether the agent must not be asked now
 */
export function isStoppedByCeiling(draft: Draft, agent: Agent): boolean {
  const name = credentialNameOf(agent);
  if (name === null || !mayBeAsked(agent) || !isSpent(draft, name)) return false;
  // Who is in trouble already waits in it, and nothing waits for who is asked nothing.
  if (agent.recovery === null && agent.queue.length > 0)
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
