import type { Health } from '../kernel/causes.ts';
import type { AgentRow } from '../protocol/rows.ts';
import { ageSince, untilThen } from '../wording/ages.ts';
import { table } from './table.ts';
import type { Column } from './table.ts';
import type { Terminal } from '../wording/terminal.ts';

export const NO_AGENTS = 'agentvisor: there are no agents; start some with: agentvisor start FILE';

type AgentColumn = Column & {
  /** The narrowest of the three tables that has it. */
  readonly from: Layout;
  readonly cell: (agent: AgentRow, now: number) => string;
};

type Layout = 'mini' | 'condensed' | 'full';

const MINI_WIDTH_MAX = 60;
const CONDENSED_WIDTH_MAX = 99;

const NARROWER: Readonly<Record<Layout, readonly Layout[]>> = {
  mini: ['mini'],
  condensed: ['mini', 'condensed'],
  full: ['mini', 'condensed', 'full'],
};

/** What matters in trouble never yields: who, how it is, and when the next attempt comes. */
const COLUMNS: readonly AgentColumn[] = [
  { title: 'NAME', align: 'left', from: 'mini', shortest: 8, cell: ({ name }) => name },
  {
    title: 'STATE',
    align: 'left',
    from: 'mini',
    cell: ({ state, paused }) => (paused ? `${state} (paused)` : state),
  },
  { title: 'HEALTH', align: 'left', from: 'mini', cell: ({ health }) => health },
  { title: 'SINCE', align: 'right', from: 'condensed', yields: 8, cell: ({ since }, now) => ageSince(since, now) },
  { title: 'PID', align: 'right', from: 'condensed', yields: 4, cell: ({ pid }) => (pid === null ? '-' : String(pid)) },
  { title: 'RST', align: 'right', from: 'condensed', yields: 7, cell: ({ restarts }) => String(restarts) },
  {
    title: 'GOOD',
    align: 'right',
    from: 'condensed',
    yields: 6,
    cell: ({ lastGoodTurnAt }, now) => ageSince(lastGoodTurnAt, now),
  },
  { title: 'QUE', align: 'right', from: 'condensed', yields: 5, cell: ({ queued }) => String(queued) },
  {
    title: 'CPU',
    align: 'right',
    from: 'full',
    yields: 1,
    cell: ({ cpu }) => (cpu === null ? '-' : `${Math.round(cpu)}%`),
  },
  {
    title: 'MEM',
    align: 'right',
    from: 'full',
    yields: 2,
    cell: ({ rss }) => (rss === null ? '-' : `${Math.round(rss / 2 ** 20)}M`),
  },
  { title: 'NEXT', align: 'right', from: 'mini', cell: ({ nextAttemptAt }, now) => untilThen(nextAttemptAt, now) },
  { title: 'CRED', align: 'left', from: 'condensed', yields: 3, cell: ({ credential }) => credential?.name ?? '-' },
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
export function agentTable(agents: readonly AgentRow[], now: number, { width, colour, ellipsis }: Terminal): string {
  const columns = COLUMNS.filter(({ from }) => NARROWER[layoutOf(width)].includes(from));
  const paint = (cell: string, row: number, { title }: Column): string => painted(cell, title, agents[row]);
  const [head = '', ...lines] = table(
    columns,
    agents.map((agent) => columns.map(({ cell }) => cell(agent, now))),
    { width, ellipsis, ...(colour ? { paint } : {}) },
  );
  return [colour ? `\u001b[1m${head}\u001b[0m` : head, ...lines].join('\n');
}

function layoutOf(width: number): Layout {
  if (width <= MINI_WIDTH_MAX) return 'mini';
  return width <= CONDENSED_WIDTH_MAX ? 'condensed' : 'full';
}

/** The health, and a state that is trouble by itself. */
function painted(cell: string, title: string, agent: AgentRow | undefined): string {
  if (agent === undefined) return cell;
  if (title === 'STATE' && agent.state === 'errored') return `\u001b[${RED}m${cell}\u001b[0m`;
  const code = title === 'HEALTH' ? HEALTH_COLOURS[agent.health] : null;
  return code === null ? cell : `\u001b[${code}m${cell}\u001b[0m`;
}
