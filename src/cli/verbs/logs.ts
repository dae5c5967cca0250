import { existsSync } from 'node:fs';
import { logRedactor } from '../../box/known-secrets.ts';
import { notOneAgent } from '../../protocol/errors.ts';
import type { AgentRow } from '../../protocol/rows.ts';
import { ask } from '../access.ts';
import { endsOf, followRuns, lineOf, linesForwards } from '../../logs/log-stream.ts';
import type { LogLine } from '../../logs/log-stream.ts';
import { PRINTERS } from '../log-printer.ts';
import type { LogForm, LogLook, LogPrinter } from '../log-printer.ts';
import { pickRun, runsOf } from '../../logs/run-files.ts';
import type { RunFiles } from '../../logs/run-files.ts';
import { hasSpokenIn, runTitle } from '../../logs/run-times.ts';
import type { Span } from '../../logs/run-times.ts';
import { linesBackwards } from '../../logs/tail.ts';
import { momentOf } from '../moments.ts';
import { usageError } from '../usage.ts';
import { patternOf, positiveInteger } from '../values.ts';
import type { Context } from '../verb.ts';

const LINES_SHOWN = 50;
/** Of stderr, whose lines carry no time to sort them in by. */
const STDERR_LINES_SHOWN = 10;

export const usage = 'NAME [-f] [--lines N] [--grep PATTERN] [--since TIME] [--until TIME] [--run RUN] [--raw]';
export const options = {
  lines: { type: 'string', short: 'n', value: 'N', summary: `the last N (default ${LINES_SHOWN}; with --raw all)` },
  follow: { type: 'boolean', short: 'f', summary: 'go on with what is written from now on' },
  grep: { type: 'string', value: 'PATTERN', summary: 'only what has this text, or matches this /regex/ (/regex/i)' },
  since: { type: 'string', value: 'TIME', summary: 'of runs that wrote since: 10m (ago), 2026-11-20T10:00' },
  until: {
    type: 'string',
    value: 'TIME',
    summary: 'of runs that had started by then; lines have no times',
  },
  run: { type: 'string', value: 'RUN', summary: 'of this run only' },
  raw: { type: 'boolean', summary: 'stdout as it was written, oldest first, without credentials' },
} as const;
export const takes = { min: 1, max: 1, what: 'the NAME of an agent' };
export const examples = [
  'agentvisor logs reviewer -f',
  'agentvisor logs reviewer --grep "/401|limit/i" -n 20',
  'agentvisor logs reviewer --since 2h   the last lines of its latest runs',
  'agentvisor logs reviewer --raw | jq .type',
];

/** Reads the files of the runs: it needs no daemon, and its exit code says nothing of one. */
export async function run(context: Context): Promise<number> {
  const [agent = ''] = context.args;
  const lines = positiveInteger('--lines', context.option('lines'));
  const matches = patternOf('--grep', context.option('grep'));
  const span = spanOf(context);
  const named = context.option('run');
  const all = runsOf(context.home, agent) ?? (await withoutRuns(context, agent));
  const chosen = named === undefined ? all : [pickRun(agent, all, named)];
  const runs = chosen.filter((files) => hasSpokenIn(files, span));
  const print = printerOf(context, {
    matches,
    redact: logRedactor(context.home, context.env, all.at(-1)?.run ?? ''),
    titleOf: (id) => titleOf(context.home, agent, id),
  });
  // Of all runs: what is not wanted of the past is not news either.
  const ends = context.flag('follow') ? endsOf(all) : undefined;
  if (context.flag('raw') && lines === undefined) await printAll(runs, ends, print);
  else await printLast(runs, lines ?? LINES_SHOWN, ends, print);
  if (!print.hasShown() && ends === undefined)
    context.note(nothing(agent, { all, runs, isSearch: matches !== undefined }));
  if (ends !== undefined) {
    for await (const line of followRuns(context.home, agent, ends))
      if ((named === undefined || line.run === named) && print.shows(line)) await print.line(line);
  }
  await print.end();
  return 0;
}

function spanOf(context: Context): Span {
  const now = Date.now();
  const since = momentOf('--since', context.option('since'), now);
  const until = momentOf('--until', context.option('until'), now);
  if (until !== undefined && context.flag('follow'))
    throw usageError('What is written from now on is not before --until.', 'Leave out -f or --until.');
  if (since !== undefined && until !== undefined && since > until)
    throw usageError('--since is later than --until.', 'Nothing lies between them.');
  return { since, until };
}

function titleOf(home: string, agent: string, id: string): string {
  const files = runsOf(home, agent)?.find(({ run: candidate }) => candidate === id);
  return files === undefined ? id : runTitle(files);
}

type Looked = { readonly all: readonly RunFiles[]; readonly runs: readonly RunFiles[]; readonly isSearch: boolean };

function nothing(agent: string, { all, runs, isSearch }: Looked): string {
  if (all.length === 0) return `agentvisor: ${agent} has not run yet`;
  if (runs.length === 0) return `agentvisor: ${agent} has written nothing in that time`;
  return isSearch ? `agentvisor: nothing that ${agent} said matches` : `agentvisor: ${agent} has said nothing yet`;
}

/** `--raw` says which lines, `--json` in which form: a line of a command agent is no JSON by itself. */
function printerOf(context: Context, look: LogLook): LogPrinter & { readonly hasShown: () => boolean } {
  const print = PRINTERS[formOf(context)](context, look);
  let hasShown = false;
  return {
    shows: (line) => (!context.flag('raw') || line.stream !== 'stderr') && print.shows(line),
    line: (line) => {
      hasShown = true;
      return print.line(line);
    },
    end: print.end,
    hasShown: () => hasShown,
  };
}

function formOf(context: Context): LogForm {
  if (context.json) return context.flag('follow') ? 'json-lines' : 'json';
  return context.flag('raw') ? 'raw' : 'readable';
}

/** An agent that never ran has no folder; a name that nobody knows is a mistake. */
async function withoutRuns(context: Context, agent: string): Promise<readonly RunFiles[]> {
  const check = (agents: readonly AgentRow[]): void => {
    if (!agents.some(({ name }) => name === agent)) throw notOneAgent(agent);
  };
  await ask(
    context,
    async (client) => check(await client.call('list', { targets: [] })),
    (files) => check(files.agents),
  );
  return [];
}

async function printAll(
  runs: readonly RunFiles[],
  ends: ReadonlyMap<string, number> | undefined,
  print: LogPrinter,
): Promise<void> {
  for (const { run: id, stdout } of runs) {
    for await (const bytes of linesForwards(stdout, ends?.get(stdout))) {
      const line = lineOf(id, 'stdout', bytes);
      if (print.shows(line)) await print.line(line);
    }
  }
}

async function printLast(
  runs: readonly RunFiles[],
  lines: number,
  ends: ReadonlyMap<string, number> | undefined,
  print: LogPrinter,
): Promise<void> {
  const said = last(runs, 'stdout', lines, ends, print);
  const complained = last(runs.slice(-1), 'stderr', Math.min(lines, STDERR_LINES_SHOWN), ends, print);
  for (const line of [...said, ...complained]) await print.line(line);
}

/** The last lines of which the printer shows something, oldest first. */
function last(
  runs: readonly RunFiles[],
  stream: 'stdout' | 'stderr',
  lines: number,
  ends: ReadonlyMap<string, number> | undefined,
  print: LogPrinter,
): readonly LogLine[] {
  const found: LogLine[] = [];
  for (const files of runs.toReversed()) {
    if (!existsSync(files[stream])) continue;
    for (const bytes of linesBackwards(files[stream], ends?.get(files[stream]))) {
      const line = lineOf(files.run, stream, bytes);
      if (print.shows(line)) found.push(line);
      if (found.length >= lines) return found.toReversed();
    }
  }
  return found.toReversed();
}
