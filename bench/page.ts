import type { Figures, Machine, SpreadGroup, Taken } from './figures.ts';
import type { Goal, Measure } from './measure.ts';
import { figure } from './statistics.ts';

const INTRODUCTION = `<!-- Written by \`npm run bench\`, of bench/figures.json also by \`npm run docs\`; a test compares. Change the sources in bench/, not this file. -->

# Benchmarks

agentvisor beside what would be used instead, on the same work, in one run of \`npm run bench\`. Each peer has a home of its own and its
usual settings. *agentvisor / it* is agentvisor's median by that of the row: below 1 agentvisor needs less. The floors are what
Node itself costs: \`node -e 0\`, a client that asks a unix socket once, and a supervisor of a hundred lines that starts, restarts
and hears agents and does nothing else. Other machines give other figures; the ratios travel better than the times.`;

const NO_REASON = 'Why is not known yet.';

/** What of a measure is words. */
export type Words = Pick<Measure, 'id' | 'title' | 'how'>;

/**
 * All of `docs/benchmarks.md`.
 * @param words of all measures, in the order of the page; who was not measured is left out
 * @param reasons why a measure falls short, by its id
 */
export function benchmarksPage(
  { machine, measures }: Figures,
  words: readonly Words[],
  reasons: Readonly<Record<string, string>>,
): string {
  const pairs = words.flatMap((each) =>
    measures.filter(({ id }) => id === each.id).map((taken) => [each, taken] as const),
  );
  const parts = [
    INTRODUCTION,
    machineLines(machine),
    '## What was wanted, and what is',
    overview(pairs),
    ...pairs.map(([each, taken]) => section(each, taken, reasons[each.id] ?? '')),
  ];
  return `${parts.join('\n\n')}\n`;
}

function machineLines({ cores, memoryGiB, kernel, node, versions, leftOut, day, minutes, quick }: Machine): string {
  const lines = [
    `Measured on ${day} in ${minutes} minutes: ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}. ${versions.join(', ')}.`,
    ...(quick ? ['A quick run, of few samples: it shows that all works, its figures are worth little.'] : []),
    ...leftOut.map((what) => `Left out: ${what}.`),
  ];
  return lines.join('\n');
}

function overview(pairs: readonly (readonly [Words, Taken])[]): string {
  const rows = pairs.flatMap(([{ title }, { goals }]) =>
    goals.map((goal) => [`[${title}](#${anchorOf(title)})`, ...goalCells(goal)]),
  );
  return table(['measure', 'wanted', 'measured', 'reached'], rows);
}

const goalCells = ({ wanted, measured, reached }: Goal): readonly string[] => [
  wanted,
  measured,
  reached === null ? '-' : reached ? 'yes' : '**no**',
];

/** One measure: how, its tables, and why it falls short where it does. */
export function section({ title, how }: Words, { groups, goals, remarks }: Taken, reason: string): string {
  const isShort = goals.some(({ reached }) => reached === false);
  const parts = [
    `## ${title}`,
    how,
    ...groups.map(groupTable),
    ...remarks,
    ...(isShort ? [`**Why it falls short.** ${reason === '' ? NO_REASON : reason}`] : []),
  ];
  return parts.join('\n\n');
}

/** A column of the 99th of 100 where there are as many. */
export function groupTable({ title, unit, rows }: SpreadGroup): string {
  const hasP99 = rows.some(({ count }) => count >= 100);
  const own = rows[0];
  const head = [`${title}, ${unit}`, 'min', 'median', ...(hasP99 ? ['p99'] : []), 'max', 'samples', 'agentvisor / it'];
  const body = rows.map((row) => {
    const figures = [row.min, row.median, ...(hasP99 ? [row.p99] : []), row.max].map(figure);
    // Nothing to nothing says nothing.
    const ratio = own === undefined || row === own || row.median === 0 ? '' : figure(own.median / row.median);
    return [row.who, ...figures, String(row.count), ratio];
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
