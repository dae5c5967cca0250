import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventRow } from '../../src/protocol/rows.ts';
import { standInBox, type StandInBox } from '../daemon/stand-in-box.ts';
import type { Fault } from '../stand-in/script.ts';
import { runDirs, streamOf } from './streams.ts';

const MB = 1024 * 1024;

const historyOf = async (fleet: StandInBox): Promise<EventRow[]> =>
  JSON.parse(await fleet.ok('history', 'ada', '--json')) as EventRow[];
/** All pieces of it: between two turns a log of more than 50 MB may be cut. */
const rawOf = (fleet: StandInBox): Buffer => streamOf(join(runDirs(fleet.home, 'ada')[0] ?? '', 'stdout.ndjson')).bytes;

const printing = (print: Fault['do']['print'], change: Fault['do'] = {}): Fault => ({
  when: { turn: 1 },
  do: { ...(print === undefined ? {} : { print }), ...change },
});

test('a line of 64 MB is marked as too long, the next line is heard, and all of it stays in the file', async () => {
  const fleet = standInBox(['ada'], { faults: [printing({ bytes: 64 * MB })] });
  await fleet.ok('start');
  expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
  const told = (await historyOf(fleet)).filter(({ event }) => event === 'log-noted').map(({ detail }) => detail);
  expect(told).toEqual([expect.stringMatching(/^a line of 671\d{5} bytes at byte \d+ of stdout was passed over/)]);
  expect(rawOf(fleet).length).toBeGreaterThan(64 * MB);
  expect(await fleet.ok('send', 'ada', 'again', '--wait')).toBe('answer to: again\n');
  expect(await fleet.row('ada')).toMatchObject({ restarts: 0, health: 'healthy' });
});

test.each([
  ['a NUL', 'be\u0000fore'],
  ['a carriage return', 'before\r\nbehind\r'],
  ['a control character and half of JSON', '{"type":"result","is_error":true\u001b[31m'],
  ['no text at all', '\n\n\r\n'],
])('%s between the lines does no harm, and stands in the file as it was printed', async (_, text) => {
  const fleet = standInBox(['ada'], { faults: [printing({ text })] });
  await fleet.ok('start');
  expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
  expect(rawOf(fleet).includes(Buffer.from(`${text}\n`))).toBe(true);
  expect(await fleet.row('ada')).toMatchObject({ restarts: 0, health: 'healthy' });
});

test('bytes that are no UTF-8 do no harm, and leave by logs --raw as they came', async () => {
  const fleet = standInBox([]);
  const bytes = String.raw`printf 'one\377\376\n\303two\nthree\n'; sleep 3600`;
  fleet.write({ agents: [{ name: 'ada', mode: 'command', command: ['/bin/sh', '-c', bytes] }] });
  await fleet.ok('start');
  const expected = Buffer.from('one\xff\xfe\n\xc3two\nthree\n', 'latin1');
  await expect.poll(() => rawOf(fleet)).toEqual(expected);
  const shown = JSON.parse(await fleet.ok('logs', 'ada', '--json')) as { line: string }[];
  expect(shown.map(({ line }) => line)).toEqual(['one\ufffd\ufffd', '\ufffdtwo', 'three']);
});

test('an answer that is written three bytes at a time, its characters cut in the middle, is heard whole', async () => {
  const answer = 'grün 🙂 日本語';
  const fleet = standInBox(['ada'], { faults: [{ do: { chunkBytes: 3, answer } }] });
  await fleet.ok('start');
  expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe(`${answer}\n`);
});
