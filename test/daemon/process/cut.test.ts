import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cutLive, mendCuts, NotStill } from '../../../src/daemon/process/cut.ts';
import { LogReader, partFile, pieceFile } from '../../../src/home/log-pieces.ts';
import { scene } from './scene.ts';

const nothing = async (): Promise<void> => undefined;
const cutting = { still: nothing, intend: nothing, emptied: () => undefined };

test('what is in a live file is moved to a private file beside it, and the next cut goes on from there', async () => {
  const path = scene().file('stdout.ndjson', 'one\ntwo\n');
  expect(await cutLive({ ...cutting, path, keepBytesMax: null })).toEqual({
    base: 8,
    bytesDropped: 0,
    linesDropped: 0,
  });
  expect([readFileSync(path, 'utf8'), readFileSync(pieceFile(path, 0), 'utf8')]).toEqual(['', 'one\ntwo\n']);
  expect(statSync(pieceFile(path, 0)).mode & 0o777).toBe(0o600);
  appendFileSync(path, 'three\n');
  expect(await cutLive({ ...cutting, path, keepBytesMax: null })).toMatchObject({ base: 14 });
  expect(readFileSync(pieceFile(path, 8), 'utf8')).toBe('three\n');
  expect(await cutLive({ ...cutting, path, keepBytesMax: null })).toMatchObject({ base: 14, bytesDropped: 0 });
});

test.each([
  [10, 'two\nthree\n'],
  [9, 'three\n'],
  [6, 'three\n'],
  [5, 'hree\n'],
  [1_000, 'one\ntwo\nthree\n'],
])('of what has to go the last %i bytes are kept, from the start of a line where there is one', async (keep, kept) => {
  const path = scene().file('stdout.ndjson', 'one\ntwo\nthree\n');
  const end = await cutLive({ ...cutting, path, keepBytesMax: keep });
  const dropped = 14 - kept.length;
  const lines = 'one\ntwo\nthree\n'.slice(0, dropped).split('\n').length - 1;
  expect(end).toEqual({ base: 14, bytesDropped: dropped, linesDropped: lines });
  expect(readFileSync(pieceFile(path, dropped), 'utf8')).toBe(kept);
});

test('a file to which somebody writes who does not stand still is not cut, and nothing is lost', async () => {
  const path = scene().file('stdout.ndjson', 'one\n');
  const intend = async (): Promise<void> => appendFileSync(path, 'two\n');
  await expect(cutLive({ ...cutting, intend, path, keepBytesMax: null })).rejects.toThrow(NotStill);
  mendCuts(path);
  expect([readFileSync(path, 'utf8'), existsSync(partFile(path, 0))]).toEqual(['one\ntwo\n', false]);
});

test('another file that is put in its place in the midst of a cut is left as it is', async () => {
  const { file } = scene();
  const path = file('stdout.ndjson', 'one\n');
  const still = async (): Promise<void> => renameSync(file('other', 'not ours\n'), path);
  await cutLive({ ...cutting, still, path, keepBytesMax: null });
  expect(readFileSync(path, 'utf8')).toBe('not ours\n');
});

test('what somebody else empties in the midst of a cut is in its piece', async () => {
  const path = scene().file('stdout.ndjson', 'one\ntwo\n');
  const still = async (): Promise<void> => writeFileSync(path, '');
  await cutLive({ ...cutting, still, path, keepBytesMax: null });
  mendCuts(path);
  expect(existsSync(pieceFile(path, 0))).toBe(true);
  expect(new LogReader(path).end).toBe(8);
});
