import type { Draft } from './draft.ts';
import type { Agent } from './fleet.ts';
import { credentialNameOf } from './ledger.ts';
import { stampOf } from './moment.ts';
import { onFailure } from './recovery.ts';
import { undeclaredSource } from './undeclared-source.ts';

/**
 * An agent that uses another credential than the declared one may silently spend somebody's money: it is told at once
 * and asked nothing until a person has looked. `late`: its words were printed while nobody listened.
 */
export function checkSource(draft: Draft, agent: Agent, late: boolean): Agent {
  const used = undeclaredSource(draft, agent);
  if (used === null) return agent;
  const failure = {
    kind: 'config' as const,
    status: null,
    error: null,
    text: `credential '${credentialNameOf(agent)}' is declared, but Claude Code uses ${used}`,
    requestId: null,
    resetsAt: null,
  };
  return onFailure(draft, agent, failure, { since: stampOf(draft.moment), late, idleMs: null });
}
