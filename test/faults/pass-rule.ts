import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readLive } from '../../src/daemon/process/run-files.ts';
import { piecesOf } from '../../src/home/log-pieces.ts';
import { readStat } from '../../src/home/proc-stat.ts';
import type { AgentRow } from '../../src/protocol/rows.ts';
import type { Box } from '../box.ts';
import { heldBy, probed, type Held } from './probe.ts';
import { foregroundDaemon, type ForegroundDaemon } from '../daemon/foreground.ts';

/** What holds after every fault, as `docs/faults.md` begins with it, as far as it can be looked at from outside. */

export type PassRule = {
  /** The number of a line, of agents that count theirs; null: the line has none. */
  readonly numberOf?: (line: string) => number | null;
  /** What the daemon held before, and what it holds now. */
  readonly held?: { readonly before: Held; readonly now: Held };
  /**
   * How long `list` may take to agree with the system: a look at either takes its time.
   * @default 10 s
   */
  readonly agreeMsMax?: number;
};

/** Descriptors may be so many times what they were, */
const FILES_MORE_MAX = 1.05;
/** and memory: minutes after its start a daemon still compiles and caches (measured: half a megabyte, then nothing). */
const HEAP_MORE_MAX = 1.1;
const AGREE_MS_MAX = 10_000;

/** That no process stays behind at the end is checked by `box` itself. */
export async function expectsPassRule(own: Box, rule: PassRule = {}): Promise<void> {
  const { numberOf, held, agreeMsMax: timeout = AGREE_MS_MAX } = rule;
  expect(agentsWithTwoRuns(own.home)).toEqual([]);
  let rows: readonly AgentRow[] = [];
  await expect.poll(async () => lies(own.home, (rows = await own.rows()), liveRuns(own.home)), { timeout }).toEqual([]);
  await expect.poll(() => unreadableState(own.home), { timeout }).toEqual([]);
  for (const { name, mode } of rows) {
    for (const [run, lines] of linesOfRuns(own.home, name)) {
      expect({ name, run, wrong: mode === 'stream' ? lines.filter((line) => !isJson(line)) : [] }).toEqual({
        name,
        run,
        wrong: [],
      });
      const numbers = numberOf === undefined ? [] : lines.map(numberOf).filter((number) => number !== null);
      // What `log.total` has dropped is gone at the beginning.
      expect({ name, run, numbers }).toEqual({
        name,
        run,
        numbers: numbers.map((_, index) => (numbers[0] ?? 0) + index),
      });
    }
  }
  if (held === undefined) return;
  const { before, now } = held;
  expect(now.files).toBeLessThanOrEqual(Math.floor(before.files * FILES_MORE_MAX));
  expect(now.heapBytes).toBeLessThanOrEqual(before.heapBytes * HEAP_MORE_MAX);
}

export type ProbedDaemon = ForegroundDaemon & {
  /** What it holds now, its garbage collected. */
  held(): Promise<Held>;
};

export async function probedDaemon(own: Box): Promise<ProbedDaemon> {
  const file = join(own.dir, 'probe.json');
  const daemon = await foregroundDaemon(own, probed(file));
  return { ...daemon, held: () => heldBy(daemon.pid, file) };
}

type LiveRun = { readonly agent: string; readonly run: string; readonly pid: number; readonly start: string };

/** Who bears the mark of which run. A look takes some milliseconds: who is in it was there, but not all at the same time. */
export function liveRuns(home: string): readonly LiveRun[] {
  const mark = `AGENTVISOR_RUN=${home}/agents/`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const entry = readFileSync(`/proc/${name}/environ`, 'utf8')
          .split('\0')
          .find((each) => each.startsWith(mark));
        const stat = readStat(Number(name));
        if (entry === undefined || stat === null || stat.state === 'Z' || stat.state === 'X') return [];
        const [agent = '', , run = ''] = entry.slice(mark.length).split('/');
        return [{ agent, run, pid: stat.pid, start: stat.start }];
      } catch {
        // It ended meanwhile, or belongs to somebody else.
        return [];
      }
    });
}

/** Agents of which two runs live at one and the same time. */
export function agentsWithTwoRuns(home: string): readonly string[] {
  const seen = liveRuns(home);
  const suspects = seen.filter(({ agent, run }) => seen.some((other) => other.agent === agent && other.run !== run));
  // Who was there in the look and is there now was there all the time between.
  const still = suspects.filter(({ pid, start }) => {
    const stat = readStat(pid);
    return stat?.start === start && stat.state !== 'Z' && stat.state !== 'X';
  });
  return [
    ...new Set(
      still
        .filter(({ agent, run }) => still.some((other) => other.agent === agent && other.run !== run))
        .map(({ agent }) => agent),
    ),
  ];
}

/** What `list --json` says and the table of processes does not, or the other way round. */
function lies(home: string, rows: readonly AgentRow[], living: readonly LiveRun[]): readonly string[] {
  const unlisted = living.filter(({ agent }) => rows.every(({ name }) => name !== agent));
  const wrong = rows.filter(({ name, state, pid, run }) => {
    const own = living.filter(({ agent }) => agent === name);
    if (state === 'starting' || state === 'stopping') return false;
    if (state !== 'running') return own.length > 0 || pid !== null;
    // Its own process, not its shim.
    const noted = readLive(join(home, 'agents', name, 'runs', run ?? ''))?.pid;
    return pid !== noted || !own.some((each) => each.pid === pid) || own.some((each) => each.run !== run);
  });
  return [
    ...unlisted.map(({ agent, pid }) => `${agent} is not listed and has the process ${pid}`),
    ...wrong.map(({ name, state, pid, run }) => `${name} is not ${state} with the process ${pid} in run ${run}`),
  ];
}

/** Files of the state that cannot be read; a line that is being written is whole at the next look. */
const unreadableState = (home: string): readonly string[] =>
  readdirSync(join(home, 'state'))
    .filter((name) => /\.(?:ndjson|json)(?:\.prev)?$/.test(name))
    .filter((name) => {
      const text = readFileSync(join(home, 'state', name), 'utf8');
      return !(name.includes('.ndjson') ? text.split('\n').filter((line) => line !== '') : [text]).every(isJson);
    });

/** Of each run that is kept, all lines that are whole. */
const linesOfRuns = (home: string, agent: string): readonly (readonly [string, readonly string[]])[] => {
  const runs = join(home, 'agents', agent, 'runs');
  return (existsSync(runs) ? readdirSync(runs) : []).map((run) => {
    const text = piecesOf(join(runs, run, 'stdout.ndjson'))
      .map(({ path }) => readFileSync(path, 'utf8'))
      .join('');
    return [run, text.split('\n').slice(0, -1)] as const;
  });
};

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
