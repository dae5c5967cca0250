import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { liveBase, LogReader, partFile, pieceFile, piecesOf } from '../../src/home/log-pieces.ts';
import { temporaryFolder } from '../cli/folder.ts';

/** A live file, pieces by their offsets, and what stands beside them and is none. */
function streamWith(live: string | null, pieces: Record<number, string> = {}): string {
  const path = join(temporaryFolder(), 'stdout.ndjson');
  if (live !== null) writeFileSync(path, live);
  for (const [base, text] of Object.entries(pieces)) writeFileSync(pieceFile(path, Number(base)), text);
  for (const stranger of ['stdout.12.ndjson', 'stdout.000000000000001.log', 'stderr.000000000000001.ndjson'])
    writeFileSync(join(path, '..', stranger), 'strange');
  return path;
}

/** What a reader that goes forwards meets: text, or how much of it is gone. */
function forwards(path: string, bytesMax = 5): (string | number)[] {
  const log = new LogReader(path);
  const met: (string | number)[] = [];
  for (let at = 0; ;) {
    const read = log.forwards(at, bytesMax);
    if (read === null) return met;
    met.push('gone' in read ? read.to - at : read.bytes.toString());
    at = 'gone' in read ? read.to : at + read.bytes.length;
  }
}

function backwards(path: string, bytesMax = 5): (string | number)[] {
  const log = new LogReader(path);
  const met: (string | number)[] = [];
  for (let end = log.end; end > 0;) {
    const read = log.backwards(end, bytesMax);
    if (read === null) return met;
    met.unshift('gone' in read ? end - read.to : read.bytes.toString());
    end = 'gone' in read ? read.to : read.at;
  }
  return met;
}

test('pieces and the live file are one row of bytes, whichever way it is read', () => {
  const path = streamWith('live', { 0: 'first', 5: 'second' });
  expect(liveBase(path)).toBe(11);
  expect(forwards(path)).toEqual(['first', 'secon', 'd', 'live']);
  expect(backwards(path)).toEqual(['first', 's', 'econd', 'live']);
});

test('what was dropped is a gap of known length, at the begin, between pieces and at the end', () => {
  expect(forwards(streamWith('live', { 3: 'ab', 7: 'cd' }))).toEqual([3, 'ab', 2, 'cd', 'live']);
  expect(backwards(streamWith('live', { 3: 'ab', 7: 'cd' }))).toEqual([3, 'ab', 2, 'cd', 'live']);
  // An empty piece keeps the place from which the live file is counted.
  expect(forwards(streamWith('live', { 0: 'ab', 9: '' }))).toEqual(['ab', 7, 'live']);
  expect(backwards(streamWith('live', { 9: '' }))).toEqual([9, 'live']);
  expect(forwards(streamWith(null, { 4: 'ab' }))).toEqual([4, 'ab']);
  expect(forwards(streamWith(null))).toEqual([]);
});

test('two pieces that overlap, as a daemon leaves them that died while it shortened one, give each byte once', () => {
  const path = streamWith('live', { 0: 'abcdef', 4: 'ef', 6: 'gh' });
  expect(forwards(path)).toEqual(['abcde', 'f', 'gh', 'live']);
  expect(backwards(path).join('')).toBe('abcdefghlive');
});

test('a part counts when the live file was emptied behind it, and only then', () => {
  const path = streamWith('abcdef');
  writeFileSync(partFile(path, 0), 'abcdef');
  expect(forwards(path, 9)).toEqual(['abcdef']);
  truncateSync(path);
  expect([forwards(path, 9), liveBase(path)]).toEqual([['abcdef'], 6]);
  renameSync(partFile(path, 0), pieceFile(path, 0));
  appendFileSync(path, 'gh');
  expect(forwards(path, 9)).toEqual(['abcdef', 'gh']);
});

test('a reader whose place is cut, dropped or taken away under it goes on where it was', () => {
  const path = streamWith('abcdef');
  const log = new LogReader(path);
  expect(log.forwards(0, 3)).toMatchObject({ bytes: Buffer.from('abc') });
  writeFileSync(pieceFile(path, 0), 'abcdef');
  writeFileSync(path, 'gh');
  expect(log.forwards(3, 9)).toMatchObject({ bytes: Buffer.from('def') });
  rmSync(pieceFile(path, 0));
  writeFileSync(pieceFile(path, 6), '');
  expect(log.forwards(3, 9)).toEqual({ gone: true, to: 6 });
  rmSync(join(path, '..'), { recursive: true });
  expect([log.forwards(6, 9), log.end, piecesOf(path)]).toEqual([null, 0, []]);
});
