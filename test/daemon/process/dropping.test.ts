import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { dropOldest, PIECES_MAX } from '../../../src/daemon/process/dropping.ts';
import { runFiles } from '../../../src/daemon/process/run-files.ts';
import { LogReader, pieceFile } from '../../../src/home/log-pieces.ts';
import { scene } from './scene.ts';

function agentDir(): string {
  return join(scene().dir, 'agent');
}

const liveOf = (dir: string, run: string): string => runFiles(join(dir, 'runs', run)).stdout;

function write(path: string, text: string, seconds: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, seconds, seconds);
}

const nothing = (): boolean => false;

test('the oldest goes first: earlier runs whole, then the pieces of the live one as they were written', async () => {
  const dir = agentDir();
  write(liveOf(dir, '1'), 'a\n'.repeat(10), 1);
  write(liveOf(dir, '2'), 'b\n'.repeat(10), 2);
  const live = liveOf(dir, '3');
  const stderr = live.replace('stdout.ndjson', 'stderr.log');
  write(pieceFile(live, 0), 'c\n'.repeat(10), 3);
  write(pieceFile(stderr, 0), 'd\n'.repeat(10), 4);
  write(pieceFile(live, 20), 'e\n'.repeat(10), 5);
  write(live, 'f\n'.repeat(10), 6);
  write(stderr, '', 6);
  const drop = (totalBytesMax: number): ReturnType<typeof dropOldest> =>
    dropOldest({ agentDir: dir, liveRun: '3', totalBytesMax, isNeeded: nothing });
  expect(await drop(120)).toEqual({ bytes: 0, lines: 0 });
  expect(await drop(100)).toEqual({ bytes: 20, lines: 10 });
  expect(readdirSync(join(dir, 'runs')).toSorted()).toEqual(['2', '3']);
  expect(await drop(60)).toEqual({ bytes: 40, lines: 20 });
  expect([existsSync(pieceFile(live, 0)), existsSync(pieceFile(stderr, 0))]).toEqual([false, true]);
  // The last piece of a file leaves its place behind, and the live files are never touched.
  expect(await drop(0)).toEqual({ bytes: 40, lines: 20 });
  expect(new LogReader(live).forwards(0, 99)).toEqual({ gone: true, to: 40 });
  expect(new LogReader(live).forwards(40, 99)).toMatchObject({ bytes: Buffer.from('f\n'.repeat(10)) });
});

test('a run that has begun since is not touched, and as much goes as is asked for', async () => {
  const dir = agentDir();
  for (const run of ['1', '2', '3']) write(liveOf(dir, run), 'a\n', 1);
  let asked = 2;
  const isNeeded = (): boolean => (asked -= 1) > 0;
  expect(await dropOldest({ agentDir: dir, liveRun: '2', totalBytesMax: 100, isNeeded })).toEqual({
    bytes: 2,
    lines: 1,
  });
  expect(readdirSync(join(dir, 'runs')).toSorted()).toEqual(['2', '3']);
});

test('a live run has a bounded number of pieces, however small they are', async () => {
  const dir = agentDir();
  const live = liveOf(dir, '1');
  for (let n = 0; n < PIECES_MAX + 3; n += 1) write(pieceFile(live, n), '\n', n);
  write(live, '', 1);
  const dropped = await dropOldest({ agentDir: dir, liveRun: '1', totalBytesMax: 1e9, isNeeded: nothing });
  expect(dropped).toEqual({ bytes: 3, lines: 3 });
});
