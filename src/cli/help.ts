import { COMMON_OPTIONS } from './verb.ts';
import type { Option, Verb } from './verb.ts';
import { VERBS } from './verbs.ts';
import type { VerbRow } from './verbs.ts';

export function generalHelp(): string {
  const groups = [...new Set(VERBS.map(({ group }) => group))];
  const width = Math.max(...VERBS.map(({ name }) => name.length));
  const parts = groups.map((group) => {
    const rows = VERBS.filter((verb) => verb.group === group);
    return [`${group}:`, ...rows.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)].join('\n');
  });
  return [
    'agentvisor keeps Claude Code agents working.',
    'Usage: agentvisor VERB [ARGUMENT…] [--json]',
    ...parts,
    'Targets are names, globs ("rev*"), all, and namespace:NS.',
    'Everything about a verb: agentvisor VERB --help · version: agentvisor --version',
  ].join('\n\n');
}

export function verbHelp(row: VerbRow, verb: Verb): string {
  const aliases = row.aliases.length === 0 ? [] : [`Aliases: ${row.aliases.join(', ')}`];
  return [
    `${row.name}: ${row.summary}`,
    `Usage: agentvisor ${`${row.name} ${verb.usage}`.trim()}`,
    ...aliases,
    section('Options', optionLines({ ...verb.options, ...COMMON_OPTIONS })),
    section('Examples', verb.examples),
  ].join('\n\n');
}

const section = (title: string, lines: readonly string[]): string =>
  `${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`;

function optionLines(options: Readonly<Record<string, Option>>): readonly string[] {
  const rows = Object.entries(options).map(([name, { short, value, summary }]) => ({
    left: `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    summary,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, summary }) => `${left.padEnd(width)}  ${summary}`);
}
