import type { AgentRow, IncidentRow } from '../protocol/rows.ts';
import { count, listed } from './count.ts';

/** What stands below a list: the open incidents of its agents, and who waits for a person. */
export function troubleLines(agents: readonly AgentRow[], incidents: readonly IncidentRow[]): readonly string[] {
  const theirs = new Set(agents.map(({ incident }) => incident));
  const open = incidents.filter(({ id, closedAt }) => closedAt === null && theirs.has(id));
  const needy = agents.filter(needsPerson);
  const [first] = needy;
  return [
    ...(open.length === 0
      ? []
      : [
          `${count(open.length, 'open incident')}: ${listed(open.map(({ id, cause, key }) => `${id} ${cause} on ${key}`))}; see: agentvisor incidents`,
        ]),
    ...(first === undefined
      ? []
      : [
          `${count(needy.length, 'agent')} ${needy.length === 1 ? 'needs' : 'need'} a person: ${listed(needy.map(wordOf))}; see: agentvisor explain ${first.name}`,
        ]),
  ];
}

/** Nothing goes on by itself, or only now and then. */
export const needsPerson = ({ state, health }: AgentRow): boolean => state === 'errored' || health === 'held';

const wordOf = ({ name, state, health }: AgentRow): string => `${name} (${state === 'errored' ? state : health})`;
