import type { Health } from '../kernel/causes.ts';
import type { AgentRow } from '../protocol/rows.ts';
import { ageSince, untilThen } from './ages.ts';
import { table } from './table.ts';
import type { Column } from './table.ts';

export const NO_AGENTS = 'agentvisor: there are no agents; start some with: agentvisor start FILE';

export type TableStyle = {
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
  readonly width: number;
  readonly colour: boolean;
};

const COLUMNS: readonly Column[] = [
  { title: 'NAME', align: 'left' },
  { title: 'STATE', align: 'left' },
  { title: 'HEALTH', align: 'left' },
  { title: 'SINCE', align: 'right' },
  { title: 'PID', align: 'right', yields: 2 },
  { title: 'RST', align: 'right' },
  { title: 'GOOD', align: 'right' },
  { title: 'QUE', align: 'right', yields: 3 },
  { title: 'NEXT', align: 'right' },
  { title: 'CRED', align: 'left', yields: 1 },
];

const RED = 31;
const GREEN = 32;
const YELLOW = 33;

const HEALTH_COLOURS: Readonly<Record<Health, number | null>> = {
  unknown: null,
  healthy: GREEN,
  suspect: YELLOW,
  wedged: RED,
  quiet: YELLOW,
  verifying: YELLOW,
  throttled: YELLOW,
  capped: YELLOW,
  held: RED,
  stalled: RED,
};

/** For people; programs read `list --json`. */
export function agentTable(agents: readonly AgentRow[], { now, width, colour }: TableStyle): string {
  const [head = '', ...lines] = table(
    COLUMNS,
    agents.map((agent) => cells(agent, now)),
    width,
  );
  if (!colour) return [head, ...lines].join('\n');
  return [`\u001b[1m${head}\u001b[0m`, ...lines.map((line, index) => coloured(line, agents[index]))].join('\n');
}

function cells(agent: AgentRow, now: number): readonly string[] {
  return [
    agent.name,
    agent.paused ? `${agent.state} (paused)` : agent.state,
    agent.health,
    ageSince(agent.since, now),
    agent.pid === null ? '-' : String(agent.pid),
    String(agent.restarts),
    ageSince(agent.lastGoodTurnAt, now),
    String(agent.queued),
    untilThen(agent.nextAttemptAt, now),
    agent.credential?.name ?? '-',
  ];
}

/** The word of the health, or of a state that is trouble by itself. Coloured last: escapes have no width. */
function coloured(line: string, agent: AgentRow | undefined): string {
  if (agent === undefined) return line;
  const errored = agent.state === 'errored';
  const word = errored ? agent.state : agent.health;
  const code = errored ? RED : HEALTH_COLOURS[agent.health];
  const at = line.indexOf(` ${word} `, agent.name.length);
  if (code === null || at === -1) return line;
  return `${line.slice(0, at + 1)}\u001b[${code}m${word}\u001b[0m${line.slice(at + 1 + word.length)}`;
}
