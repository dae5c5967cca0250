import { toEventRow } from '../../src/home/records.ts';
import { boardAgent } from '../../src/protocol/board.ts';
import { credentialStates } from '../../src/protocol/credential-row.ts';
import type { Description } from '../../src/protocol/api.ts';
import type { HistoryRow, IncidentRow } from '../../src/protocol/rows.ts';
import { activityRows, agentRow, incidentRow, noUsage } from '../../src/protocol/views.ts';
import type { Model } from '../../src/tui/model.ts';
import { agentIn } from '../kernel/fleet-of.ts';
import type { World } from '../kernel/world.ts';
import { fleetOf, modelOf } from './models.ts';

/** What a daemon would show of a world that the kernel's tests have played. */
export function screenOf({ fleet, moment }: World, change: Partial<Model> = {}): Model {
  return modelOf({
    now: moment.wall,
    fleet: fleetOf({
      agents: Object.values(fleet.agents).map((agent) => boardAgent(fleet, agent, moment, noUsage, [])),
      incidents: Object.values(fleet.incidents).map(incidentRow),
      credentials: credentialStates(fleet, moment.wall),
    }),
    ...change,
  });
}

export const historyOf = ({ orders }: World, name = 'ada'): readonly HistoryRow[] =>
  orders.flatMap(({ command }) => {
    if (command.type !== 'record' || command.agent !== name) return [];
    const { agent: _, ...row } = toEventRow(command);
    return [row];
  });

/** All that were ever filed, as they were last. */
export const incidentsOf = ({ orders }: World): readonly IncidentRow[] => [
  ...new Map(
    orders.flatMap(({ command }) =>
      command.type === 'file-incident' ? [[command.incident.id, incidentRow(command.incident)] as const] : [],
    ),
  ).values(),
];

export function descriptionOf({ fleet, moment }: World, name = 'ada'): Description {
  const agent = agentIn(fleet, name);
  return {
    agent: agentRow(fleet, agent, moment, noUsage, []),
    spec: agent.spec,
    explain: '',
    runFolder: null,
    activity: activityRows(agent),
    messages: [],
  };
}
