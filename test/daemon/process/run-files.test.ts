import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readExit, readLive, runFiles, watchRun } from '../../../src/daemon/process/run-files.ts';
import { deferred, scene } from './scene.ts';

function folder(): string {
  const runDir = scene().runDir();
  mkdirSync(runDir, { recursive: true });
  return runDir;
}

test("an exit carries its code and the time of its note, not today's", () => {
  const runDir = folder();
  writeFileSync(runFiles(runDir).exit, '{"code":143}\n');
  utimesSync(runFiles(runDir).exit, 1_700_000_000, 1_700_000_000.25);
  expect(readExit(runDir)).toEqual({ code: 143, at: 1_700_000_000_250 });
});

test.each([
  '',
  '{"code":1',
  '{"code":14}',
  '\0\0\0\0',
  'null\n',
  '[]\n',
  '{"code":"1"}\n',
  '{"code":-1}\n',
  '{"code":256}\n',
  '{}\n',
  'x'.repeat(5000),
])('half a note, and garbage such as %j, is no exit', (text) => {
  const runDir = folder();
  writeFileSync(runFiles(runDir).exit, text);
  expect(readExit(runDir)).toBeNull();
});

test.each(['', '{"pid":12', '{"pid":12}', '{"pid":0}\n', '{"pid":1}\n', '{"pid":-1}\n', '{"pid":1.5}\n'])(
  'half a note, and garbage such as %j, is no pid that could be signalled',
  (text) => {
    const runDir = folder();
    writeFileSync(runFiles(runDir).live, text);
    expect(readLive(runDir)).toBeNull();
  },
);

test('a missing folder has no notes', () => {
  const runDir = scene().runDir();
  expect([readLive(runDir), readExit(runDir)]).toEqual([null, null]);
});

type Told = ['live', number] | ['exit', number] | ['blind'];

function listen(runDir: string): { told: Told[]; exit: Promise<void>; check: () => void; close: () => void } {
  const told: Told[] = [];
  const exit = deferred<void>();
  const watch = watchRun(runDir, {
    onLive: (pid) => told.push(['live', pid]),
    onExit: ({ code }) => {
      told.push(['exit', code]);
      exit.resolve();
    },
    onOutput: () => undefined,
    onBlind: () => {
      told.push(['blind']);
      exit.resolve();
    },
  });
  return { told, exit: exit.promise, check: () => watch.check(), close: () => watch.close() };
}

test('notes are reported once each, in order, as they come', async () => {
  const runDir = folder();
  const watch = listen(runDir);
  writeFileSync(runFiles(runDir).live, '{"pid":12}\n');
  writeFileSync(runFiles(runDir).exit, '{"code":');
  renameSync(runFiles(runDir).exit, `${runFiles(runDir).exit}.half`);
  writeFileSync(runFiles(runDir).exit, '{"code":3}\n');
  await watch.exit;
  watch.check();
  watch.close();
  expect(watch.told).toEqual([
    ['live', 12],
    ['exit', 3],
  ]);
});

test('notes that were there before the watch are reported too, but not before it was returned', async () => {
  const runDir = folder();
  writeFileSync(runFiles(runDir).live, '{"pid":12}\n');
  writeFileSync(runFiles(runDir).exit, '{"code":0}\n');
  const watch = listen(runDir);
  expect(watch.told).toEqual([]);
  await watch.exit;
  watch.close();
  expect(watch.told).toEqual([
    ['live', 12],
    ['exit', 0],
  ]);
});

test('a watch that cannot be had says so, and a poll still finds the notes', async () => {
  const runDir = scene().runDir();
  const watch = listen(runDir);
  await watch.exit;
  mkdirSync(runDir, { recursive: true });
  writeFileSync(runFiles(runDir).exit, '{"code":9}\n');
  watch.check();
  watch.close();
  expect(watch.told).toEqual([['blind'], ['exit', 9]]);
});

test('a closed watch is silent', () => {
  const runDir = folder();
  const watch = listen(runDir);
  watch.close();
  writeFileSync(runFiles(runDir).exit, '{"code":9}\n');
  watch.check();
  expect(watch.told).toEqual([]);
});
