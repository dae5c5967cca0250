import { CAUSES, type Cause } from './causes.ts';
import { nextNumber, type Draft } from './draft.ts';
import type { Agent, Fallback } from './fleet.ts';
import { must } from './invariant.ts';
import { changeRecord, recordOf } from './ledger.ts';
import { send } from './notices.ts';

/** What people are told of agents that work on another credential than their own, and of what that costs. */

/** Agents work on another credential than their own. Told once, until they are back. */
export function tellFallback(draft: Draft, agent: Agent, { own, name }: Fallback, cause: Cause): void {
  const { leftFor } = recordOf(draft, own);
  if (leftFor.includes(name)) return;
  changeRecord(draft, own, { leftFor: [...leftFor, name] });
  const agents = Object.values(draft.agents).filter(({ spec }) => spec.credentials[0] === own);
  const text = `${agent.spec.name} works on '${name}' while '${own}' is in trouble${costText(draft, name)}. ${CAUSES[cause].told} ${CAUSES[cause].todo} agentvisor goes back to '${own}' when that is answered again.`;
  send(draft, {
    id: `${own}-left-${nextNumber(draft)}`,
    kind: 'attention',
    at: draft.moment.wall,
    incident: null,
    scope: 'credential',
    cause,
    agents: agents.map(({ spec }) => spec.name),
    text: text.replaceAll(/ +/g, ' '),
    receipt: null,
  });
}

/** All are back on their own credential. */
export function tellFallbackOver(draft: Draft, agent: Agent, own: string): void {
  changeRecord(draft, own, { leftFor: [] });
  const agents = Object.values(draft.agents).filter(({ spec }) => spec.credentials[0] === own);
  const others = new Set(agents.flatMap(({ spec }) => spec.credentials.slice(1)));
  const costs = [...others].map((name) => `'${name}'${costText(draft, name)}`).filter((text) => text.includes('USD'));
  send(draft, {
    id: `${own}-back-${nextNumber(draft)}`,
    kind: 'closed',
    at: draft.moment.wall,
    incident: null,
    scope: 'credential',
    cause: 'auth-credential',
    agents: agents.map(({ spec }) => spec.name),
    text: [`'${own}' answers ${agent.spec.name} again; all work on it.`, ...costs].join(' '),
    receipt: null,
  });
}

/** A credential has cost what it may. */
export function tellCeiling(draft: Draft, name: string): void {
  const { ceilingUsd } = must(draft.credentials[name], 'who has a ceiling is declared');
  const users = Object.values(draft.agents).filter(({ spec }) => spec.credentials.includes(name));
  send(draft, {
    id: `${name}-ceiling-${nextNumber(draft)}`,
    kind: 'attention',
    at: draft.moment.wall,
    incident: null,
    scope: 'credential',
    cause: 'billing',
    agents: users.map(({ spec }) => spec.name),
    text: `'${name}' has cost the ${ceilingUsd} USD that it may: no further turn is begun on it. To let it cost more, raise ceilingUsd and run: agentvisor start FILE`,
    receipt: null,
  });
}

function costText(draft: Draft, name: string): string {
  const spec = draft.credentials[name];
  if (spec === undefined || !spec.billable) return '';
  const { ceilingUsd } = spec;
  const spent = `has cost ${recordOf(draft, name).spentUsd.toFixed(2)} USD so far`;
  return ceilingUsd === null
    ? ` (which costs money and ${spent})`
    : ` (which costs money, ${spent} and may cost ${ceilingUsd} USD)`;
}
