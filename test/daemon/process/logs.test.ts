import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dropEndedRuns, retireRuns, type Retention } from '../../../src/daemon/process/logs.ts';
import { runFiles } from '../../../src/daemon/process/run-files.ts';
import { runsOldestFirst } from '../../../src/daemon/process/stored-runs.ts';
import { LogReader } from '../../../src/home/log-pieces.ts';
import { scene } from './scene.ts';

const UNBOUNDED: Retention = { keep: 100, totalBytesMax: 1e9, sizeBytesMax: 1e9 };

function agentWith(runs: Record<string, { stdout?: string; stderr?: string }>): string {
  const agentDir = join(scene().dir, 'agent');
  for (const [run, { stdout, stderr }] of Object.entries(runs)) {
    const runDir = join(agentDir, 'runs', run);
    mkdirSync(runDir, { recursive: true });
    if (stdout !== undefined) writeFileSync(runFiles(runDir).stdout, stdout, { mode: 0o600 });
    if (stderr !== undefined) writeFileSync(runFiles(runDir).stderr, stderr, { mode: 0o600 });
  }
  return agentDir;
}

const kept = (agentDir: string): string[] => readdirSync(join(agentDir, 'runs')).toSorted();
const stdoutOf = (agentDir: string, run: string): string => textOf(runFiles(join(agentDir, 'runs', run)).stdout);

/** What is kept of a stream, in whichever files. */
function textOf(live: string): string {
  const log = new LogReader(live);
  let text = '';
  for (let at = 0; ;) {
    const read = log.forwards(at, 1_000_000);
    if (read === null) return text;
    if ('gone' in read) at = read.to;
    else {
      text += read.bytes.toString();
      at += read.bytes.length;
    }
  }
}

test('beyond the number to keep the oldest finished runs go, and the live one is neither counted nor touched', async () => {
  const agentDir = agentWith({
    '000001': { stdout: 'one\n' },
    '000002': { stdout: 'two\n' },
    '000003': {},
    '000004': { stdout: 'live\n' },
  });
  expect(await retireRuns(agentDir, { ...UNBOUNDED, keep: 1 }, '000004')).toEqual({
    runs: ['000001', '000002'],
    cut: [],
    bytesDropped: 8,
    beyondTotal: { bytes: 0, lines: 0 },
  });
  expect(kept(agentDir)).toEqual(['000003', '000004']);
});

test('a run that has begun since is not taken for one that is over, though nothing is to be kept', async () => {
  const agentDir = agentWith({
    '000001': { stdout: 'one\n' },
    '000002': { stdout: 'two\n' },
    '000003': { stdout: 'new\n' },
  });
  expect((await retireRuns(agentDir, { ...UNBOUNDED, keep: 0 }, null, '000002')).runs).toEqual(['000001', '000002']);
  expect(kept(agentDir)).toEqual(['000003']);
});

test('beyond the total the oldest go, and what is kept has no holes', async () => {
  const agentDir = agentWith({
    '1': { stdout: 'x' },
    '2': { stdout: 'x'.repeat(100) },
    '3': { stdout: 'x'.repeat(30), stderr: 'x'.repeat(30) },
  });
  const retired = await retireRuns(agentDir, { ...UNBOUNDED, totalBytesMax: 100 }, null);
  expect(retired).toEqual({ runs: ['1', '2'], cut: [], bytesDropped: 101, beyondTotal: { bytes: 101, lines: 0 } });
  expect(kept(agentDir)).toEqual(['3']);
});

test('a live run takes its share of the total', async () => {
  const agentDir = agentWith({
    '1': { stdout: 'x'.repeat(60) },
    '2': { stdout: 'x'.repeat(30) },
    '3': { stdout: 'x'.repeat(50) },
  });
  expect((await retireRuns(agentDir, { ...UNBOUNDED, totalBytesMax: 100 }, '3')).runs).toEqual(['1']);
});

test('a log larger than its size limit is kept whole while the total allows it', async () => {
  const agentDir = agentWith({ '1': { stdout: 'line\n'.repeat(100) } });
  expect(await retireRuns(agentDir, { ...UNBOUNDED, sizeBytesMax: 10 }, null)).toEqual({
    runs: [],
    cut: [],
    bytesDropped: 0,
    beyondTotal: { bytes: 0, lines: 0 },
  });
  expect(stdoutOf(agentDir, '1')).toBe('line\n'.repeat(100));
});

test('the newest run that alone is beyond the total keeps the end of its log, from the start of a line', async () => {
  const lines = Array.from({ length: 100 }, (_, n) => `line ${String(n).padStart(3, '0')}\n`);
  const agentDir = agentWith({ '1': { stdout: 'old\n' }, '2': { stdout: lines.join(''), stderr: 'why\n' } });
  const retired = await retireRuns(agentDir, { keep: 5, totalBytesMax: 500, sizeBytesMax: 100 }, null);
  expect([stdoutOf(agentDir, '1'), stdoutOf(agentDir, '2')]).toEqual(['old\n', lines.slice(90).join('')]);
  expect(retired).toEqual({
    runs: [],
    cut: [{ run: '2', file: 'stdout', bytes: 810, lines: 90 }],
    bytesDropped: 810,
    beyondTotal: { bytes: 810, lines: 90 },
  });
  const { stdout, stderr } = runFiles(join(agentDir, 'runs', '2'));
  expect(readFileSync(stderr, 'utf8')).toBe('why\n');
  expect(statSync(stdout).mode & 0o777).toBe(0o600);
  expect(existsSync(`${stdout}.new`)).toBe(false);
});

test('a flood on stderr leaves half of the room to stdout', async () => {
  const agentDir = agentWith({ '1': { stdout: 'out\n'.repeat(100), stderr: 'err\n'.repeat(100) } });
  const { bytesDropped } = await retireRuns(agentDir, { keep: 5, totalBytesMax: 200, sizeBytesMax: 200 }, null);
  const { stdout, stderr } = runFiles(join(agentDir, 'runs', '1'));
  expect([textOf(stdout), textOf(stderr)]).toEqual(['out\n'.repeat(25), 'err\n'.repeat(25)]);
  expect(bytesDropped).toBe(600);
});

test('all ended runs are dropped, whatever is kept otherwise, and the live one stays as it is', async () => {
  const agentDir = agentWith({
    '1': { stdout: 'one\n' },
    '2': { stdout: 'two\n', stderr: 'why\n' },
    '3': { stdout: 'live\n' },
  });
  expect(await dropEndedRuns(agentDir, () => '3')).toEqual({ runs: ['1', '2'], bytes: 12 });
  expect(kept(agentDir)).toEqual(['3']);
  expect(stdoutOf(agentDir, '3')).toBe('live\n');
  expect(await dropEndedRuns(agentDir, () => '3')).toEqual({ runs: [], bytes: 0 });
});

test('a run that begins while the ended ones are looked for is not dropped with them', async () => {
  const agentDir = agentWith({ '1': { stdout: 'one\n' } });
  const begin = (): null => {
    mkdirSync(join(agentDir, 'runs', '2'));
    return null;
  };
  expect(await dropEndedRuns(agentDir, begin)).toEqual({ runs: ['1'], bytes: 4 });
  expect(kept(agentDir)).toEqual(['2']);
});

test('runs are told apart by number, oldest first', async () => {
  const agentDir = agentWith({ '10': {}, '9': {}, '000001': {}, '11': {} });
  expect(await runsOldestFirst(agentDir)).toEqual(['000001', '9', '10', '11']);
});

test('an agent that never ran has no runs and nothing to retire', async () => {
  const agentDir = join(scene().dir, 'nobody');
  expect(await runsOldestFirst(agentDir)).toEqual([]);
  expect(await retireRuns(agentDir, UNBOUNDED, null)).toMatchObject({ runs: [], cut: [], bytesDropped: 0 });
});
