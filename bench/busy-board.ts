import type { Board, BoardAgent } from '../src/protocol/board.ts';
import type { FleetChange } from '../src/tui/model.ts';
import { agentRow } from '../test/cli/rows.ts';

const WHY = 'New processes are rejected too; attempts are spaced until one is answered.';

/** So many agents, every fourth of them in trouble, each with something in every column. */
export const busyBoard = (count: number, now: number): Board => ({
  agents: Array.from({ length: count }, (_, index) => busyAgent(index, now)),
  incidents: [],
  credentials: [],
  status: null,
});

/** What comes ten times a second: ten agents have done something, and the usage of all was measured. */
export const busyChange = (count: number, turn: number, now: number): FleetChange => ({
  agents: Array.from({ length: 10 }, (_, index) => busyAgent((turn * 10 + index) % count, now)),
  removed: [],
  incidents: [],
  credentials: null,
  status: null,
  events: [],
  usage: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [nameOf(index), { cpu: (turn + index) % 100, rss: 2 ** 26 + turn }]),
  ),
});

const nameOf = (index: number): string => `agent-${String(index).padStart(3, '0')}`;

function busyAgent(index: number, now: number): BoardAgent {
  const hasTrouble = index % 4 === 0;
  const at = new Date(now - index * 1_000).toISOString();
  const name = nameOf(index);
  return {
    row: agentRow({
      id: index + 1,
      name,
      health: hasTrouble ? 'quiet' : 'healthy',
      since: at,
      lastGoodTurnAt: at,
      inTurn: true,
      queued: index % 3,
      restarts: index % 5,
      restartsByCause: { 'auth-window': index % 5, operator: 1 },
      auth401s: index % 7,
      nextAttemptAt: hasTrouble ? new Date(now + 60_000).toISOString() : null,
      model: 'claude-sonnet-5-5',
      cpu: index % 100,
      rss: 2 ** 26,
      notionalUsd: index / 7,
    }),
    turnStartedAt: at,
    fallback: null,
    cause: null,
    explanation: {
      name,
      is: hasTrouble ? `${name} is up and quiet` : `${name} is up and healthy.`,
      why: hasTrouble ? WHY : '',
      next: hasTrouble ? `The next attempt on this credential is at ${at}.` : '',
      todo: '',
      text: hasTrouble ? `${name} is up and quiet. ${WHY}` : `${name} is up and healthy.`,
    },
  };
}
