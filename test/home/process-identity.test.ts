import { spawn } from 'node:child_process';
import { copyFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bootId, isAlive, startTimeOf } from '../../src/home/process-identity.ts';
import { parseStat, readStat } from '../../src/home/proc-stat.ts';
import { scene, until } from '../daemon/process/scene.ts';

test('the boot id is the same at every call', () => {
  expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
  expect(bootId()).toBe(bootId());
});

test('a process is alive under its own start time only', () => {
  const start = startTimeOf(process.pid);
  expect(start).toMatch(/^\d+$/);
  expect(isAlive(process.pid, start ?? '')).toBe(true);
  expect(isAlive(process.pid, `${start}1`)).toBe(false);
});

test('there is no process with an impossible pid', () => {
  expect(startTimeOf(2 ** 30)).toBeNull();
  expect(isAlive(2 ** 30, '1')).toBe(false);
});

test('a name with brackets and blanks does not shift the fields', async () => {
  const { dir, start } = scene();
  const program = join(dir, 'a) Z 1 (b');
  copyFileSync('/bin/sleep', program);
  chmodSync(program, 0o755);
  const run = await start([program, '1000']);
  await until(() => readStat(run.pid)?.state === 'S');
  expect(readStat(run.pid)).toMatchObject({ pid: run.pid, parent: run.shimPid, group: run.shimPid });
});

test('a zombie has a start time and is not alive', async () => {
  const zombies = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const pid = Number(await new Promise((resolve) => zombies.stdout.once('data', resolve)));
    const start = startTimeOf(pid) ?? '';
    await until(() => readStat(pid)?.state === 'Z');
    expect(startTimeOf(pid)).toBe(start);
    expect(isAlive(pid, start)).toBe(false);
  } finally {
    zombies.kill('SIGKILL');
  }
});

test('a line that is no process row is no process', () => {
  expect(parseStat('')).toBeNull();
  expect(parseStat('12 (cut')).toBeNull();
  expect(parseStat('12 (cut) S 1 2')).toBeNull();
});
