import { readOffline } from '../home/offline.ts';
import { boardAgent } from '../protocol/board.ts';
import { credentialStates } from '../protocol/credential-row.ts';
import { noUsage } from '../protocol/views.ts';
import { cleaned } from './clean.ts';
import type { FleetState } from './model.ts';

/** What the files say while there is no daemon. */
export function offlineFleet(home: string): { readonly fleet: FleetState; readonly alive: number } {
  const { fleet, now, agents, incidents, alive } = readOffline(home);
  const rows = new Map(agents.map((row) => [row.name, row]));
  return {
    alive,
    fleet: cleaned({
      agents: Object.values(fleet.agents)
        .toSorted((one, other) => one.id - other.id)
        .map((agent) => {
          const board = boardAgent(fleet, agent, now, noUsage, []);
          // What was planned is done by nobody.
          return { ...board, row: { ...(rows.get(agent.spec.name) ?? board.row), nextAttemptAt: null } };
        }),
      incidents: incidents.filter(({ closedAt }) => closedAt === null),
      credentials: credentialStates(fleet, now.wall),
      status: null,
    }),
  };
}
