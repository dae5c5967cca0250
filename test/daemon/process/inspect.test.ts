import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bootId, startTimeOf } from '../../../src/home/process-identity.ts';
import { environmentOfShim, inspectRun } from '../../../src/daemon/process/inspect.ts';
import { readStat } from '../../../src/home/proc-stat.ts';
import { runFiles } from '../../../src/daemon/process/run-files.ts';
import { scene, until, type StartedRun } from './scene.ts';

const WAIT = 'echo ready; exec sleep 1000';
const recorded = (run: StartedRun): { pid: number; start: string; boot: string } => ({
  pid: run.shimPid,
  start: run.shimStart,
  boot: bootId(),
});
const gone = (pid: number) => (): boolean => readStat(pid) === null || readStat(pid)?.state === 'Z';

test('a run that lives is found by its record', async () => {
  const run = await scene().startScript(WAIT);
  expect(await inspectRun(run.runDir, recorded(run), bootId())).toEqual({
    status: 'alive',
    pid: run.pid,
    shimPid: run.shimPid,
    shimStart: run.shimStart,
  });
});

test('a run that lives is found by its cookie alone when the daemon died before the record', async () => {
  const run = await scene().startScript('setsid sleep 1000 & (setsid sleep 1000 &) ; echo ready; exec sleep 1000');
  expect(await inspectRun(run.runDir, null, bootId())).toEqual({
    status: 'alive',
    pid: run.pid,
    shimPid: run.shimPid,
    shimStart: run.shimStart,
  });
});

test('a run that ended while nobody watched has its code and its time, with and without a record', async () => {
  const run = await scene().start(['/bin/sh', '-c', 'exit 7']);
  const { at } = await run.ended;
  await until(gone(run.shimPid));
  expect(await inspectRun(run.runDir, recorded(run), bootId())).toEqual({ status: 'ended', code: 7, at });
  expect(await inspectRun(run.runDir, null, bootId())).toEqual({ status: 'ended', code: 7, at });
});

test('a run whose whole group was killed has vanished: that is no success', async () => {
  const run = await scene().startScript('setsid sleep 1000 & echo ready; exec sleep 1000');
  process.kill(-run.shimPid, 'SIGKILL');
  await until(gone(run.shimPid));
  expect(await inspectRun(run.runDir, recorded(run), bootId())).toEqual({ status: 'vanished' });
  expect(await inspectRun(run.runDir, null, bootId())).toEqual({ status: 'vanished' });
});

test('an agent whose shim was killed alone is not adopted, because nobody would record its end', async () => {
  const run = await scene().startScript(WAIT);
  process.kill(run.shimPid, 'SIGKILL');
  await until(gone(run.shimPid));
  expect(await inspectRun(run.runDir, recorded(run), bootId())).toEqual({ status: 'vanished' });
  expect(await inspectRun(run.runDir, null, bootId())).toEqual({ status: 'vanished' });
});

test('a foreign process under the recorded pid is not adopted, even with the right start time', async () => {
  const { runDir, startScript } = scene();
  const other = await startScript(WAIT);
  const own = runDir();
  mkdirSync(own, { recursive: true });
  const wrongStart = { ...recorded(other), start: '1' };
  expect(await inspectRun(own, wrongStart, bootId())).toEqual({ status: 'vanished' });
  expect(await inspectRun(own, recorded(other), bootId())).toEqual({ status: 'vanished' });
  expect(await inspectRun(other.runDir, wrongStart, bootId())).toEqual({ status: 'vanished' });
  expect(startTimeOf(other.shimPid)).toBe(other.shimStart);
});

test('nothing of another boot is alive, whatever bears its pid today', async () => {
  const run = await scene().startScript(WAIT);
  expect(await inspectRun(run.runDir, { ...recorded(run), boot: 'another' }, bootId())).toEqual({ status: 'vanished' });
});

test('an intent without a process was never spawned, and half a note in its folder makes no difference', async () => {
  const runDir = scene().runDir();
  expect(await inspectRun(runDir, null, bootId())).toEqual({ status: 'never-spawned' });
  mkdirSync(runDir, { recursive: true });
  writeFileSync(runFiles(runDir).live, '{"pi');
  expect(await inspectRun(runDir, null, bootId())).toEqual({ status: 'never-spawned' });
});

test('a shim that has not begun its agent yet is found, without a pid of the agent', async () => {
  const run = await scene().startScript(WAIT);
  writeFileSync(runFiles(run.runDir).live, '');
  expect(await inspectRun(run.runDir, null, bootId())).toMatchObject({
    status: 'alive',
    pid: null,
    shimPid: run.shimPid,
  });
});

test("a new daemon reads a credential back from the shim's environment", async () => {
  const run = await scene().startScript(WAIT, { env: { TOKEN: 'a=b\nc', EMPTY: '', __proto_: 'x' } });
  expect(environmentOfShim(run.shimPid)).toMatchObject({ TOKEN: 'a=b\nc', EMPTY: '', AGENTVISOR_RUN: run.runDir });
  expect(environmentOfShim(2 ** 30)).toBeNull();
});
