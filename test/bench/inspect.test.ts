import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blockOf, LINE_BYTES, LINES_IN_BLOCK, numberBlock } from '../../bench/agents/lines.mjs';
import { inspect, Inspector } from '../../bench/inspect.ts';
import { temporaryFolder } from '../cli/folder.ts';

const whole = (): Buffer => numberBlock(blockOf(), 0);
const look = (bytes: Buffer): ReturnType<Inspector['end']> => {
  const inspector = new Inspector(LINES_IN_BLOCK);
  // In pieces that end in the middle of lines and of characters; each is overwritten, as a reader's chunk is.
  for (let at = 0; at < bytes.length; at += 777) {
    const chunk = Buffer.from(bytes.subarray(at, at + 777));
    inspector.push(chunk);
    chunk.fill(0);
  }
  return inspector.end();
};

test('each line is valid JSON of its own number and as long as the others', () => {
  const lines = whole().toString('utf8').trimEnd().split('\n');
  expect(lines.map((line) => Number((JSON.parse(line) as { n: string }).n))).toEqual(lines.map((_, index) => index));
  expect(new Set(lines.map((line) => Buffer.byteLength(line)))).toEqual(new Set([LINE_BYTES - 1]));
  expect(lines[0]).toContain('🦊');
});

test('what was written is whole, also with what Claude Code says beside it', () => {
  expect(look(whole())).toEqual({ lost: 0, doubled: 0, broken: 0 });
  const others = Buffer.from('{"type":"result"}\n');
  expect(look(Buffer.concat([others, whole(), others]))).toEqual({ lost: 0, doubled: 0, broken: 0 });
});

test('a line that is not there, one that stands twice, and one that is cut or changed are told apart', () => {
  const line = (n: number): Buffer => whole().subarray(n * LINE_BYTES, (n + 1) * LINE_BYTES);
  expect(look(whole().subarray(LINE_BYTES))).toEqual({ lost: 1, doubled: 0, broken: 0 });
  expect(look(Buffer.concat([whole(), line(7)]))).toEqual({ lost: 0, doubled: 1, broken: 0 });
  expect(look(whole().subarray(0, -10))).toEqual({ lost: 1, doubled: 0, broken: 1 });
  expect(look(Buffer.concat([whole(), Buffer.from('half a li\n')]))).toEqual({ lost: 0, doubled: 0, broken: 1 });
});

test('a character that became another one breaks its line', () => {
  const bytes = whole();
  const at = bytes.indexOf(Buffer.from('ż'));
  Buffer.from('??').copy(bytes, at);
  expect(look(bytes)).toEqual({ lost: 1, doubled: 0, broken: 1 });
});

test('files follow each other', () => {
  const folder = temporaryFolder();
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  writeFileSync(one, whole());
  writeFileSync(other, numberBlock(blockOf(), LINES_IN_BLOCK));
  expect(inspect([one, other], 2 * LINES_IN_BLOCK)).toEqual({ lost: 0, doubled: 0, broken: 0 });
});
