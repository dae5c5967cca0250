import { identity } from './process-identity.ts';
import { runOf, type Agent, type Fleet } from '../kernel/fleet.ts';
import type { Moment } from '../kernel/moment.ts';
import type { AgentRow, EventRow, IncidentRow } from '../protocol/rows.ts';
import { agentRow, noUsage } from '../protocol/views.ts';
import { loadState } from './journal.ts';
import { stampNow } from './now.ts';
import { readHistory, readIncidents } from './records.ts';

/** What the files of a home say while no daemon is there to ask. */
export type Offline = {
  /** All that is known. A run whose process is gone is not shown as if it were there. */
  readonly fleet: Fleet;
  readonly now: Moment;
  readonly agents: readonly AgentRow[];
  readonly incidents: readonly IncidentRow[];
  readonly events: readonly EventRow[];
  /** Agents whose process is alive now. */
  readonly alive: number;
  /** What is wrong with the files themselves, for people. */
  readonly damage: readonly string[];
};

/** Reads and changes nothing. */
export function readOffline(home: string): Offline {
  const { fleet: last, damage } = loadState(home);
  const boot = identity.bootId();
  const now = stampNow(boot);
  const isAlive = (agent: Agent): boolean => {
    const shim = runOf(agent.state)?.shim ?? null;
    return shim !== null && shim.boot === boot && identity.isAlive(shim.pid, shim.start);
  };
  const known = Object.values(last.agents).toSorted((one, other) => one.id - other.id);
  const agents = known.map((agent) => (runOf(agent.state) === null || isAlive(agent) ? agent : down(agent)));
  return {
    fleet: { ...last, agents: Object.fromEntries(agents.map((agent) => [agent.spec.name, agent])) },
    now: { ...now, roll: 0 },
    agents: agents.map((agent) => agentRow(last, agent, now, noUsage, ['the daemon is not running'])),
    incidents: readIncidents(home),
    events: readHistory(home),
    alive: agents.filter(isAlive).length,
    damage: damage.map(({ what }) => what),
  };
}

const down = (agent: Agent): Agent => ({
  ...agent,
  state: { at: 'stopped', ended: false },
  health: 'unknown',
  turn: null,
});
