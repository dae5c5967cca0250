import type { PolicyReport, SimulationReport, Source } from '../../simulate/report.ts';
import type { Outcome } from '../../simulate/tally.ts';
import { count } from '../../wording/count.ts';
import { durationOf } from '../../wording/ages.ts';
import { table, type Column } from '../table.ts';
import type { Terminal } from '../../wording/terminal.ts';
import { wrap } from '../../wording/wrap.ts';

const seconds = (ms: number): string => `${Math.round(ms / 1000)}s`;

type Row = Outcome & { readonly policy: string; readonly downToOracle: number | null; readonly told: string };

const COLUMNS: readonly (Column & { readonly cell: (row: Row) => string })[] = [
  { title: 'POLICY', align: 'left', cell: ({ policy }) => policy },
  { title: 'ATTEMPTS', align: 'right', yields: 2, cell: (row) => row.attemptsPerWindow.toFixed(1) },
  { title: 'CLOSED DOOR', align: 'right', cell: (row) => row.intoClosedDoorPerWindow.toFixed(1) },
  { title: 'DOWN', align: 'right', cell: ({ downToOracle }) => downToOracle?.toFixed(3) ?? '-' },
  { title: 'BEYOND', align: 'right', cell: ({ beyond }) => seconds(beyond.meanMs) },
  { title: 'P95', align: 'right', yields: 3, cell: ({ beyond }) => seconds(beyond.p95Ms) },
  { title: 'DELAYED', align: 'right', yields: 1, cell: ({ messagesDelayed }) => String(messagesDelayed) },
  { title: 'NEEDLESS', align: 'right', yields: 0, cell: ({ throttled }) => String(throttled.restarts) },
];

const LEGEND =
  'ATTEMPTS and CLOSED DOOR: new processes in a window, and those of them that found it closed, per window. DOWN: time down ' +
  "in terms of the oracle's, which knows when a window closes. BEYOND, P95: time down behind the window, mean and of one in " +
  'twenty. DELAYED: messages. NEEDLESS: restarts in a throttle.';

/** The longest bar. */
const BAR_MAX = 40;
/** Of a terminal that is narrower there is no room for bars. */
const CHART_WIDTH_MIN = 40;

/** What was simulated and what came of it, for people. */
export function simulationLines(report: SimulationReport, terminal: Terminal): string {
  const oracle: Row = { ...report.oracle, policy: 'oracle', told: 'knows when each window closes', downToOracle: 1 };
  const rows: readonly Row[] = [oracle, ...report.policies];
  const { width, ellipsis } = terminal;
  const cells = rows.map((row) => COLUMNS.map(({ cell }) => cell(row)));
  const nameWidth = Math.max(...rows.map(({ policy }) => policy.length));
  return [
    wrap(headline(report), width, 2),
    '',
    ...table(COLUMNS, cells, { width, ellipsis }),
    '',
    wrap(LEGEND, width === Infinity ? width : Math.min(width, 100), 2),
    ...chart(report.policies, nameWidth, terminal),
    '',
    ...rows.map(({ policy, told }) => wrap(`${policy.padEnd(nameWidth)}  ${told}`, width, nameWidth + 2)),
  ].join('\n');
}

const SOURCES: Readonly<Record<Source['kind'], string>> = {
  synthetic: 'made-up outages',
  trace: 'the outages of a trace',
  history: 'the outages of this home',
};

function headline({ source, days, agents, seed, windows, throttles, windowMs }: SimulationReport): string {
  const credentials = new Set(agents.map(({ credential }) => credential)).size;
  const lengths =
    windowMs === null
      ? ''
      : ` (median ${durationOf(windowMs.median)}, one in twenty above ${durationOf(windowMs.p95)}, at most ${durationOf(windowMs.max)})`;
  return (
    `${SOURCES[source.kind]}, ${count(Math.round(days * 10) / 10, 'day')}, ${count(agents.length, 'agent')} on ` +
    `${count(credentials, 'credential')}, seed ${seed}: ${count(windows, 'window')}${lengths}, ${count(throttles, 'throttle')}`
  );
}

/** Attempts into a closed door as bars. Each further step is as many again, so that a storm and a knock fit on one page. */
function chart(policies: readonly PolicyReport[], nameWidth: number, { width, ellipsis }: Terminal): readonly string[] {
  if (width < CHART_WIDTH_MIN) return [];
  const most = Math.max(...policies.map(({ intoClosedDoorPerWindow }) => stepsOf(intoClosedDoorPerWindow)));
  const room = Math.min(BAR_MAX, width - nameWidth - 10);
  const ink = ellipsis === '…' ? '█' : '#';
  const bars = policies.map(({ policy, intoClosedDoorPerWindow: number }) => {
    const length = most === 0 ? 0 : Math.round((stepsOf(number) / most) * room);
    return `${policy.padEnd(nameWidth)}  ${ink.repeat(length)} ${number.toFixed(1)}`;
  });
  return ['', 'into a closed door, per window (logarithmic)', ...bars];
}

const stepsOf = (number: number): number => Math.log2(1 + number);
