import type { Environment } from '../home/paths.ts';
import { terminalOf } from '../wording/terminal.ts';
import type { Terminal } from '../wording/terminal.ts';
import { COMMON_OPTIONS } from './verb.ts';
import type { Option, Verb } from './verb.ts';
import { VERBS } from './verbs.ts';
import type { VerbRow } from './verbs.ts';
import { wrapLines } from '../wording/wrap.ts';

type Stream = Parameters<typeof terminalOf>[0];

export function generalHelp(stream: Stream, env: Environment): string {
  const terminal = terminalOf(stream, env);
  const groups = [...new Set(VERBS.map(({ group }) => group))];
  const width = Math.max(...VERBS.map(({ name }) => name.length));
  const parts = groups.map((group) => {
    const rows = VERBS.filter((verb) => verb.group === group);
    const lines = rows.map(({ name, summary }) => twoColumns(name, summary, width, terminal));
    return [`${group}:`, ...lines].join('\n');
  });
  return page([
    'agentvisor keeps Claude Code agents working.',
    'Usage: agentvisor VERB [ARGUMENT...] [--json]',
    ...parts,
    'Targets are names, globs ("rev*"), all, and namespace:NS.',
    'Everything about a verb: agentvisor VERB --help\nThe version: agentvisor --version',
  ]);
}

export function verbHelp(row: VerbRow, verb: Verb, stream: Stream, env: Environment): string {
  const terminal = terminalOf(stream, env);
  const aliases = row.aliases.length === 0 ? [] : [`Aliases: ${row.aliases.join(', ')}`];
  return page([
    wrapLines(`${row.name}: ${row.summary}`, terminal.width, 2),
    usageLines(row, verb, Math.min(terminal.width, PAGE_WIDTH)),
    ...aliases,
    ['Options:', ...optionLines({ ...verb.options, ...COMMON_OPTIONS }, terminal)].join('\n'),
    ['Examples:', ...verb.examples.map((example) => exampleLines(example, terminal.width))].join('\n'),
  ]);
}

/** Of a page that nobody's terminal limits. */
const PAGE_WIDTH = 80;

const page = (parts: readonly string[]): string => parts.join('\n\n');

const GLUE = '\u00a0';

/** Breaks between the words of the usage, never within `[--lines N]`. */
function usageLines({ name }: VerbRow, { usage }: Verb, width: number): string {
  const begin = 'Usage: agentvisor ';
  const glued = usage.replaceAll(/\[[^\]]*\]/g, (option) => option.replaceAll(' ', GLUE));
  return wrapLines(`${begin}${`${name} ${glued}`.trim()}`, width, begin.length + name.length + 1).replaceAll(GLUE, ' ');
}

function optionLines(options: Readonly<Record<string, Option>>, terminal: Terminal): readonly string[] {
  const rows = Object.entries(options).map(([name, { short, value, summary }]) => ({
    left: `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    summary,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, summary }) => twoColumns(left, summary, width, terminal));
}

const twoColumns = (left: string, right: string, width: number, terminal: Terminal): string =>
  wrapLines(`  ${left.padEnd(width)}  ${right}`, terminal.width, width + 4);

/** A command stays on one line; what is said about it goes below it when there is no room beside it. */
function exampleLines(example: string, width: number): string {
  const [command = '', told] = example.split(/ {3,}/);
  if (told === undefined || example.length + 2 <= width) return `  ${example}`;
  return `  ${command}\n${wrapLines(`      ${told}`, width, 6)}`;
}
