import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventRow } from '../../src/protocol/rows.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { runDirs } from './streams.ts';

test('half a line at the end of a run is kept and marked, and the first line of the next run is not glued to it', async () => {
  const die = { when: { process: 1 }, do: { halfLine: 'assistant' as const, exit: { code: 1 } } };
  const fleet = standInBox(['ada'], { faults: [die] }, { restart: { delayMin: '10ms' } });
  await fleet.ok('start');
  expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
  const [first = '', second = ''] = runDirs(fleet.home, 'ada');
  const text = readFileSync(join(first, 'stdout.ndjson'), 'utf8');
  const half = text.slice(text.lastIndexOf('\n') + 1);
  expect(half).toMatch(/^\{/);
  const next = readFileSync(join(second, 'stdout.ndjson'), 'utf8').split('\n')[0] ?? '';
  expect(() => JSON.parse(next) as unknown).not.toThrow();
  // It is told in the history,
  const history = JSON.parse(await fleet.ok('history', 'ada', '--json')) as EventRow[];
  expect(history.filter(({ event }) => event === 'log-noted').map(({ detail }) => detail)).toEqual([
    `the last line of stdout is truncated: it ends after ${Buffer.byteLength(half)} bytes`,
  ]);
  // shown where it stands, both by lines from the end and by all of them,
  const note = `this line is truncated: the run ended after ${Buffer.byteLength(half)} bytes of it`;
  const shown = JSON.parse(await fleet.ok('logs', 'ada', '--json', '-n', '1000')) as { stream: string; line: string }[];
  const at = shown.findIndex(({ line }) => line.includes(note));
  expect(shown.slice(at - 1, at + 2)).toMatchObject([
    { stream: 'stdout', line: half },
    { stream: 'note' },
    { stream: 'stdout', line: next },
  ]);
  // and what a program reads holds lines of the agent only, each on its own.
  const raw = await fleet.av('logs', 'ada', '--raw');
  expect(raw.stdout.split('\n')).toEqual(expect.arrayContaining([half, next]));
  expect(raw.stdout).not.toContain('agentvisor:');
  expect(raw.stderr).toContain(note);
});

test('half a line of a run that goes on is no line yet, and is not marked', async () => {
  const fleet = standInBox([]);
  const script = "printf 'whole\\nhalf'; sleep 3600";
  fleet.write({ agents: [{ name: 'ada', mode: 'command', command: ['/bin/sh', '-c', script] }] });
  await fleet.ok('start');
  await expect.poll(() => fleet.stdout('ada')).toEqual(['whole', 'half']);
  expect(await fleet.av('logs', 'ada', '--raw')).toMatchObject({ stdout: 'whole\nhalf\n', stderr: '' });
});
