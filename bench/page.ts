import type { Goal, Group, Measure, Result } from './measure.ts';
import { figure, ratioOf, spreadOf } from './statistics.ts';

export type Machine = {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** `pm2 7.0.4` */
  readonly versions: readonly string[];
  /** Each with what is missing. */
  readonly leftOut: readonly string[];
  /** 2026-11-20 */
  readonly day: string;
  readonly minutes: number;
};

export type Taken = { readonly measure: Measure; readonly result: Result };

const INTRODUCTION = `<!-- Written by \`npm run bench\`; a test compares all but the figures. Change the sources in bench/, not this file. -->

# Benchmarks

agentvisor beside what would be used instead, on the same work, in one run of \`npm run bench\`. Each peer has a home of its own and its
usual settings. *agentvisor / it* is agentvisor's median by that of the row: below 1 agentvisor needs less. The floors are what
Node itself costs: \`node -e 0\`, a client that asks a unix socket once, and a supervisor of 120 lines that starts, restarts
and hears agents and does nothing else. Other machines give other figures; the ratios travel better than the times.`;

const NO_REASON = 'Why is not known yet.';

/** All of `docs/benchmarks.md`. @param reasons why a measure falls short, by its id */
export function benchmarksPage(
  machine: Machine,
  taken: readonly Taken[],
  reasons: Readonly<Record<string, string>>,
): string {
  const parts = [
    INTRODUCTION,
    machineLines(machine),
    '## What was wanted, and what is',
    overview(taken),
    ...taken.map((each) => section(each, reasons[each.measure.id] ?? '')),
  ];
  return `${parts.join('\n\n')}\n`;
}

function machineLines({ cores, memoryGiB, kernel, node, versions, leftOut, day, minutes }: Machine): string {
  const lines = [
    `Measured on ${day} in ${minutes} minutes: ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}. ${versions.join(', ')}.`,
    ...leftOut.map((what) => `Left out: ${what}.`),
  ];
  return lines.join('\n');
}

function overview(taken: readonly Taken[]): string {
  const rows = taken.flatMap(({ measure, result }) =>
    result.goals.map((goal) => [`[${measure.title}](#${anchorOf(measure.title)})`, ...goalCells(goal)]),
  );
  return table(['measure', 'wanted', 'measured', 'reached'], rows);
}

const goalCells = ({ wanted, measured, reached }: Goal): readonly string[] => [
  wanted,
  measured,
  reached === null ? '-' : reached ? 'yes' : '**no**',
];

/** One measure: how, its tables, and why it falls short where it does. */
export function section({ measure, result }: Taken, reason: string): string {
  const isShort = result.goals.some(({ reached }) => reached === false);
  const parts = [
    `## ${measure.title}`,
    measure.how,
    ...result.groups.map(groupTable),
    ...result.remarks,
    ...(isShort ? [`**Why it falls short.** ${reason === '' ? NO_REASON : reason}`] : []),
  ];
  return parts.join('\n\n');
}

/** A column of the 99th of 100 where there are as many. */
export function groupTable({ title, unit, rows }: Group): string {
  const hasP99 = rows.some(({ samples }) => samples.length >= 100);
  const own = rows[0];
  const head = [`${title}, ${unit}`, 'min', 'median', ...(hasP99 ? ['p99'] : []), 'max', 'samples', 'agentvisor / it'];
  const body = rows.map((row) => {
    const { min, median, p99, max, count } = spreadOf(row.samples);
    const figures = [min, median, ...(hasP99 ? [p99] : []), max].map(figure);
    const ratio = own === undefined || row === own ? null : ratioOf(own.samples, row.samples);
    return [row.who, ...figures, String(count), ratio === null ? '' : figure(ratio)];
  });
  return table(head, body);
}

/** A Markdown table; all columns but the first are figures when they are more than words. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  const isNumber = (column: number): boolean =>
    column > 0 && rows.length > 0 && rows.every((row) => /^[\d.]*$/.test(row[column] ?? ''));
  const rule = head.map((_, column) => (isNumber(column) ? '--:' : '---'));
  return [line(head), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

/** As GitHub names a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
