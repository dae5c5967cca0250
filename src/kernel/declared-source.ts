import type { Draft } from './draft.ts';
import type { Agent } from './fleet.ts';
import { credentialNameOf } from './ledger.ts';
import { stampOf } from './moment.ts';
import { onFailure } from './recovery.ts';
import { CREDENTIAL_VARIABLES } from './spec.ts';

const INJECTED: readonly (string | null)[] = Object.values(CREDENTIAL_VARIABLES).filter((name) => name !== null);

/**
 * An agent that uses another credential than the declared one may silently spend somebody's money: it is told at once
 * and asked nothing until a person has looked.
 */
export function checkTokenSource(draft: Draft, agent: Agent, used: string | null): Agent {
  const declared = draft.credentials[credentialNameOf(agent) ?? ''];
  if (declared === undefined || used === null) return agent;
  const expected = CREDENTIAL_VARIABLES[declared.type];
  // A stored login goes by several names: any will do but those of what we inject.
  const isRight = expected === null ? !INJECTED.includes(used) : used === expected;
  if (isRight) return agent;
  const failure = {
    kind: 'config' as const,
    status: null,
    error: null,
    text: `credential '${declared.name}' is declared, but Claude Code uses ${used}`,
    requestId: null,
    resetsAt: null,
  };
  return onFailure(draft, agent, failure, { since: stampOf(draft.moment), late: false, idleMs: null });
}
