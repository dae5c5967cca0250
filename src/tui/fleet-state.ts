import type { BoardAgent, BoardChange } from '../protocol/board.ts';
import type { IncidentRow } from '../protocol/rows.ts';
import type { FleetChange, FleetState } from './model.ts';

/** Closed incidents that are remembered while this screen looks; the incidents view reads all of them. */
export const CLOSED_KEPT_MAX = 50;

/** What a change leaves out is as it was. */
export const changeOf = (change: BoardChange): FleetChange => ({
  agents: change.agents ?? [],
  removed: change.removed ?? [],
  incidents: change.incidents ?? [],
  credentials: change.credentials ?? null,
  status: change.status ?? null,
  events: change.events ?? [],
  usage: change.usage ?? {},
});

/** The fleet after a change. */
export function changedFleet(fleet: FleetState, change: FleetChange): FleetState {
  return {
    agents: changedAgents(fleet.agents, change),
    incidents: mergedIncidents(fleet.incidents, change.incidents),
    credentials: change.credentials ?? fleet.credentials,
    status: change.status ?? fleet.status,
  };
}

function changedAgents(
  agents: readonly BoardAgent[],
  { agents: news, removed, usage }: FleetChange,
): readonly BoardAgent[] {
  const byName = new Map(agents.map((agent) => [agent.row.name, agent]));
  for (const agent of news) byName.set(agent.row.name, agent);
  for (const name of removed) byName.delete(name);
  for (const [name, used] of Object.entries(usage)) {
    const agent = byName.get(name);
    if (agent !== undefined) byName.set(name, { ...agent, row: { ...agent.row, ...used } });
  }
  return [...byName.values()].toSorted((one, other) => one.row.id - other.row.id);
}

/** By id, in the order of their opening; of the closed ones the newest. */
function mergedIncidents(known: readonly IncidentRow[], news: readonly IncidentRow[]): readonly IncidentRow[] {
  if (news.length === 0) return known;
  const byId = new Map(known.map((incident) => [incident.id, incident]));
  for (const incident of news) byId.set(incident.id, incident);
  const all = [...byId.values()];
  const closed = all.filter(({ closedAt }) => closedAt !== null);
  const forgotten = new Set(closed.slice(0, Math.max(0, closed.length - CLOSED_KEPT_MAX)));
  return all.filter((incident) => !forgotten.has(incident));
}
