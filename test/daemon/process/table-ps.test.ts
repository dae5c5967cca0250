import { expect, test } from 'vitest';
import { startTimeOf } from '../../../src/home/process-identity.ts';
import { CookieSweeper, processTable } from '../../../src/daemon/process/sweep.ts';
import { parseRows, PsTable } from '../../../src/daemon/process/table-ps.ts';
import { expectNobodyLeft, scene, until } from './scene.ts';

/** Written for macOS; here it runs with the `ps` of Linux, which takes the same options. */
const table = new PsTable();

test('without /proc a run is told by its shim: the shim, its descendants and its group', async () => {
  const { startScript } = scene();
  const run = await startScript('sleep 1000 & echo ready; exec sleep 1000');
  const other = await startScript('echo ready; exec sleep 1000');
  await until(async () => (await processTable.bearers(run.runDir)).length === 3);
  await until(async () => (await processTable.bearers(other.runDir)).length === 2);
  for (const cookie of [run.runDir, other.runDir]) {
    const pids = (await table.bearers(cookie)).map(({ pid }) => pid);
    const cookieBearers = await processTable.bearers(cookie);
    expect(new Set(pids)).toEqual(new Set(cookieBearers.map(({ pid }) => pid)));
  }
});

test('a process is signalled only under the start time at which it was seen', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000');
  const agent = table.bearer(run.pid, run.runDir);
  expect(agent).not.toBeNull();
  if (agent === null) return;
  expect(table.signal({ ...agent, start: 'Thu Jan 1 00:00:00 1970' }, run.runDir, 'SIGKILL')).toBe(false);
  expect(table.signal(agent, run.runDir, 'SIGKILL')).toBe(true);
  expect((await run.ended).code).toBe(137);
});

test('a sweep with it spares the shim until the end is recorded, and spares strangers', async () => {
  const { startScript } = scene();
  const run = await startScript(`trap '' TERM; sleep 1000 & echo ready; while :; do sleep 1000; done`);
  const other = await startScript('echo ready; exec sleep 1000');
  const sweeper = new CookieSweeper(table);
  await sweeper.killBearers(run.runDir, { except: run.shimPid });
  expect((await run.ended).code).toBe(137);
  await sweeper.sweep(run.runDir, run.shimPid);
  await expectNobodyLeft(run.runDir);
  expect(startTimeOf(other.pid)).not.toBeNull();
});

const line = (state: string): string => `  12     1    12 ${state}   Thu Nov 20 08:09:12 2025 /bin/sh -c x`;

test('zombies and lines that are no processes are left out', () => {
  expect(parseRows([line('Ss'), line('Z+'), '', 'PID'].join('\n'))).toEqual([
    { pid: 12, parent: 1, group: 12, state: 'Ss', start: 'Thu Nov 20 08:09:12 2025', command: '/bin/sh -c x' },
  ]);
});
