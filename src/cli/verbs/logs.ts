import { existsSync } from 'node:fs';
import { noSuchAgent } from '../../protocol/errors.ts';
import type { AgentRow } from '../../protocol/rows.ts';
import { ask } from '../access.ts';
import { endsOf, followRuns, linesForwards } from '../log-stream.ts';
import type { LogLine } from '../log-stream.ts';
import { PRINTERS } from '../log-printer.ts';
import type { LogForm, LogPrinter } from '../log-printer.ts';
import { pickRun, runsOf } from '../run-files.ts';
import type { RunFiles } from '../run-files.ts';
import { linesBackwards } from '../tail.ts';
import { positiveInteger } from '../values.ts';
import type { Context } from '../verb.ts';

const LINES_SHOWN = 50;
/** Of stderr, whose lines carry no time to sort them in by. */
const STDERR_LINES_SHOWN = 10;

export const usage = 'NAME [--lines N] [-f] [--run RUN] [--raw]';
export const options = {
  lines: { type: 'string', short: 'n', value: 'N', summary: `the last N (default ${LINES_SHOWN}; with --raw all)` },
  follow: { type: 'boolean', short: 'f', summary: 'go on with what is written from now on' },
  run: { type: 'string', value: 'RUN', summary: 'of this run only' },
  raw: { type: 'boolean', summary: 'stdout as it was written, oldest first, without credentials' },
} as const;
export const takes = { min: 1, max: 1, what: 'the NAME of an agent' };
export const examples = ['agentvisor logs reviewer -f', 'agentvisor logs reviewer --raw | jq .type'];

/** Reads the files of the runs: it needs no daemon, and its exit code says nothing of one. */
export async function run(context: Context): Promise<number> {
  const [agent = ''] = context.args;
  const lines = positiveInteger('--lines', context.option('lines'));
  const named = context.option('run');
  const all = runsOf(context.home, agent) ?? (await withoutRuns(context, agent));
  const runs = named === undefined ? all : [pickRun(agent, all, named)];
  const follows = context.flag('follow');
  const print = PRINTERS[formOf(context)](context);
  const ends = follows ? endsOf(runs) : undefined;
  if (context.flag('raw') && lines === undefined) await printAll(runs, ends, print);
  else await printLast(runs, lines ?? LINES_SHOWN, ends, print);
  if (ends !== undefined) for await (const line of followRuns(context.home, agent, ends)) await print.line(line);
  await print.end();
  return 0;
}

function formOf(context: Context): LogForm {
  if (context.flag('raw')) return 'raw';
  if (!context.json) return 'readable';
  return context.flag('follow') ? 'json-lines' : 'json';
}

/** An agent that never ran has no folder; a name that nobody knows is a mistake. */
async function withoutRuns(context: Context, agent: string): Promise<readonly RunFiles[]> {
  const check = (agents: readonly AgentRow[]): void => {
    if (!agents.some(({ name }) => name === agent)) throw noSuchAgent(agent);
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
    for await (const bytes of linesForwards(stdout, ends?.get(stdout)))
      await print.line({ run: id, stream: 'stdout', bytes });
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
  stream: LogLine['stream'],
  lines: number,
  ends: ReadonlyMap<string, number> | undefined,
  print: LogPrinter,
): readonly LogLine[] {
  const found: LogLine[] = [];
  for (const files of runs.toReversed()) {
    if (!existsSync(files[stream])) continue;
    for (const bytes of linesBackwards(files[stream], ends?.get(files[stream]))) {
      const line: LogLine = { run: files.run, stream, bytes };
      if (print.shows(line)) found.push(line);
      if (found.length >= lines) return found.toReversed();
    }
  }
  return found.toReversed();
}
