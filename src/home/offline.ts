import { identity } from './process-identity.ts';
import { runOf, type Agent } from '../kernel/fleet.ts';
import type { AgentRow, EventRow, IncidentRow } from '../protocol/rows.ts';
import { agentRow, noUsage } from '../protocol/views.ts';
import { loadState } from './journal.ts';
import { stampNow } from './now.ts';
import { readHistory, readIncidents } from './records.ts';

/** What the files of a home say while no daemon is there to ask. */
export type Offline = {
  readonly agents: readonly AgentRow[];
  readonly incidents: readonly IncidentRow[];
  readonly events: readonly EventRow[];
  /** Agents whose process is alive now. */
  readonly alive: number;
};

/** Reads and changes nothing. A run whose process is gone is not shown as if it were there. */
export function readOffline(home: string): Offline {
  const { fleet } = loadState(home);
  const boot = identity.bootId();
  const now = stampNow(boot);
  const isAlive = (agent: Agent): boolean => {
    const shim = runOf(agent.state)?.shim ?? null;
    return shim !== null && shim.boot === boot && identity.isAlive(shim.pid, shim.start);
  };
  const agents = Object.values(fleet.agents).toSorted((one, other) => one.id - other.id);
  return {
    agents: agents.map((agent) => {
      const row = agentRow(fleet, agent, now, noUsage, ['the daemon is not running']);
      return isAlive(agent) || runOf(agent.state) === null
        ? row
        : { ...row, state: 'stopped', pid: null, health: 'unknown', inTurn: false };
    }),
    incidents: readIncidents(home),
    events: readHistory(home),
    alive: agents.filter(isAlive).length,
  };
}
