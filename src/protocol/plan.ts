import type { Agent } from '../kernel/fleet.ts';
import { isSameProcess } from '../kernel/operator.ts';
import type { AgentSpec } from '../kernel/spec.ts';
import type { AgentResult, PlanParams } from './api.ts';
import { checkNames } from './names.ts';

/**
 * What taking in an ecosystem file would do to each agent; changes nothing.
 *
 * @throws AgentvisorError when a name cannot be one
 */
export function planOf(agents: readonly Agent[], params: PlanParams): readonly AgentResult[] {
  checkNames([...params.agents, ...params.credentials]);
  const known = new Map(agents.map((agent) => [agent.spec.name, agent]));
  return [
    ...params.agents.map((spec) => planOne(known.get(spec.name), spec)),
    ...leftoversOf(agents, params).map(({ spec: { name } }) =>
      params.prune
        ? row(name, 'removed', 'it stands no longer in the file')
        : row(name, 'kept', 'it stands no longer in the file; --prune removes it'),
    ),
  ];
}

export function changeOf(known: Agent | undefined, spec: AgentSpec): 'new' | 'changed' | 'same' {
  if (known === undefined) return 'new';
  return changedKeys(known.spec, spec).length === 0 && !known.deleting ? 'same' : 'changed';
}

/** Agents that came from this file and stand no longer in it; those of other files are none of its business. */
export function leftoversOf(
  agents: readonly Agent[],
  { file, agents: declared }: Pick<PlanParams, 'file' | 'agents'>,
): readonly Agent[] {
  const names = new Set(declared.map(({ name }) => name));
  return agents.filter(({ spec, deleting }) => spec.file === file && !names.has(spec.name) && !deleting);
}

export const isUp = ({ state }: Agent): boolean => state.at === 'running' || state.at === 'starting';

/** Dotted paths of what differs. A list is one thing; so is the environment, whose values nobody is shown. */
export function changedKeys(one: unknown, other: unknown, path = ''): readonly string[] {
  if (path === 'env' || !isRecord(one) || !isRecord(other)) {
    return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other)) ? [] : [path];
  }
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].flatMap((key) => changedKeys(one[key], other[key], path === '' ? key : `${path}.${key}`));
}

function planOne(known: Agent | undefined, spec: AgentSpec): AgentResult {
  if (!spec.enabled) return row(spec.name, 'disabled', 'it is declared with enabled: false');
  const change = changeOf(known, spec);
  if (known === undefined) return row(spec.name, change, '');
  const keys = changedKeys(known.spec, spec).map((key) => (key === 'env' ? 'env (values are not shown)' : key));
  const parts = [keys.join(', '), whatFollows(known, spec)];
  return row(spec.name, change, parts.filter((part) => part !== '').join('; '));
}

function whatFollows(known: Agent, spec: AgentSpec): string {
  if (known.deleting) return 'it is being deleted and comes back';
  if (!isUp(known)) return 'it is down and is started';
  return isSameProcess(known.spec, spec) ? '' : 'it is restarted';
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Two values that say the same in another order are the same. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sorted(child)]));
}

const row = (name: string, change: string, detail: string): AgentResult => ({
  name,
  ok: true,
  change,
  cause: null,
  detail,
});
