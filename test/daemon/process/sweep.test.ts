import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StillThere } from '../../../src/daemon/process/hunt.ts';
import { readStat } from '../../../src/home/proc-stat.ts';
import type { Process, ProcessTable, Signal } from '../../../src/daemon/process/process-table.ts';
import { readExit } from '../../../src/daemon/process/run-files.ts';
import { CookieSweeper, processTable, sweeper } from '../../../src/daemon/process/sweep.ts';
import { expectNobodyLeft, linesIn, scene, until } from './scene.ts';

/** Somebody else's process; it must survive whatever a test does to a run. */
function stranger(argv: readonly string[], env: Record<string, string>): ChildProcess {
  const child = spawn(argv[0] ?? '', argv.slice(1), { env, stdio: 'ignore', detached: true });
  onTestFinished(() => void process.kill(-(child.pid ?? 0), 'SIGKILL'));
  return child;
}

const isRunning = ({ pid }: ChildProcess): boolean => /^[SR]$/.test(readStat(pid ?? 0)?.state ?? '');

test('three servers that stay behind after a clean exit are ended and counted', async () => {
  const { startScript } = scene();
  const run = await startScript('sleep 1000 & sleep 1000 & sleep 1000 & echo ready; exit 0');
  expect((await run.ended).code).toBe(0);
  const swept = await sweeper.sweep(run.runDir, run.shimPid);
  expect(swept.leftovers).toBe(3);
  expect(swept.killed).toHaveLength(3);
  await expectNobodyLeft(run.runDir);
});

test('a run that left nobody has no leftovers', async () => {
  const { start } = scene();
  const run = await start(['/bin/true']);
  await run.ended;
  expect(await sweeper.sweep(run.runDir, run.shimPid)).toEqual({ leftovers: 0, killed: [] });
});

test('a child in a session of its own and a daemonised grandchild are found by their cookie', async () => {
  const { startScript } = scene();
  const run = await startScript(`
    setsid sleep 1000 &
    (setsid sh -c 'sleep 1000 & exec sleep 1000' &)
    while [ "$(ls -d /proc/[0-9]* | while read p; do tr '\\0' '\\n' <$p/environ 2>/dev/null | grep -qx "AGENTVISOR_RUN=$AGENTVISOR_RUN" && tr '\\0' ' ' <$p/cmdline; done | grep -o 'sleep 1000 ' | wc -l)" -lt 3 ]; do :; done
    echo ready; exec sleep 1000`);
  await sweeper.signalGroup(run.runDir, run.shimPid, 'SIGTERM');
  expect((await run.ended).code).toBe(143);
  const swept = await sweeper.sweep(run.runDir, run.shimPid);
  expect(swept.leftovers).toBe(3);
  await expectNobodyLeft(run.runDir);
});

test('a leader that ends by TERM leaves a child that ignores it, and the sweep ends that too', async () => {
  const { startScript } = scene();
  const run = await startScript(`trap 'exit 0' TERM; (trap '' TERM; sleep 1000) & echo ready; wait`);
  await sweeper.signalGroup(run.runDir, run.shimPid, 'SIGTERM');
  expect((await run.ended).code).toBe(0);
  expect((await sweeper.sweep(run.runDir, run.shimPid)).leftovers).toBeGreaterThan(0);
  await expectNobodyLeft(run.runDir);
});

test('killing the bearers spares the shim, which records 137', async () => {
  const { startScript } = scene();
  const run = await startScript(`trap '' TERM; setsid sleep 1000 & echo ready; while :; do sleep 1000; done`);
  const killed = await sweeper.killBearers(run.runDir, { except: run.shimPid });
  expect(killed).toContain(run.pid);
  expect(killed).not.toContain(run.shimPid);
  expect((await run.ended).code).toBe(137);
  expect((await sweeper.sweep(run.runDir, run.shimPid)).leftovers).toBe(0);
});

test('a kill can be narrowed to the main process or to its group', async () => {
  const { startScript } = scene();
  const run = await startScript('setsid sleep 1000 & echo ready; exec sleep 1000');
  await until(async () =>
    (await processTable.bearers(run.runDir)).some(({ pid, group }) => pid === group && pid !== run.shimPid),
  );
  await sweeper.killBearers(run.runDir, { except: run.shimPid, only: ({ group }) => group === run.shimPid });
  expect((await run.ended).code).toBe(137);
  expect((await sweeper.sweep(run.runDir, run.shimPid)).leftovers).toBe(1);
});

test('a signal to the main process alone leaves its children be', async () => {
  const { startScript } = scene();
  const run = await startScript('sleep 1000 & echo ready; exec sleep 1000');
  expect(await sweeper.signalMain(run.runDir, run.pid, 'SIGTERM')).toBe(true);
  expect((await run.ended).code).toBe(143);
  expect(await sweeper.signalMain(run.runDir, run.pid, 'SIGTERM')).toBe(false);
  expect((await sweeper.sweep(run.runDir, run.shimPid)).leftovers).toBe(1);
});

test('strangers survive: same program, same arguments, a cookie that only begins alike, a cookie that is no cookie', async () => {
  const { startScript } = scene();
  const run = await startScript('sleep 1000 & echo ready; exec sleep 1000');
  const cookie = run.runDir;
  const others = [
    stranger(['/bin/sleep', '1000'], {}),
    stranger(['/bin/sleep', '1000'], { AGENTVISOR_RUN: `${cookie}0` }),
    stranger(['/bin/sleep', '1000'], { AGENTVISOR_RUN: cookie.slice(0, -1) }),
    stranger(['/bin/sleep', '1000'], { XAGENTVISOR_RUN: cookie, NOTE: `AGENTVISOR_RUN=${cookie}` }),
    stranger(['/bin/sh', '-c', '/bin/sleep 1000; :', `AGENTVISOR_RUN=${cookie}`, cookie], { AGENTVISOR_RUN: '' }),
  ];
  await sweeper.killBearers(cookie, { except: run.shimPid });
  await sweeper.sweep(cookie, run.shimPid);
  await expectNobodyLeft(cookie);
  expect(others.map(isRunning)).toEqual(others.map(() => true));
});

test('a pid that now belongs to somebody else is never signalled, be it as agent, as shim or as group', async () => {
  const { runDir } = scene();
  const cookie = runDir();
  const other = stranger(['/bin/sleep', '1000'], {});
  const pid = other.pid ?? 0;
  const stale: Process = { pid, start: '1', parent: 1, group: pid };
  expect(processTable.signal(stale, cookie, 'SIGKILL')).toBe(false);
  expect(await sweeper.signalGroup(cookie, pid, 'SIGTERM')).toBe(false);
  expect(await sweeper.signalMain(cookie, pid, 'SIGTERM')).toBe(false);
  expect(await sweeper.sweep(cookie, pid)).toEqual({ leftovers: 0, killed: [] });
  expect(isRunning(other)).toBe(true);
});

test('a process that bears the cookie but was started anew under the same pid is not the one that was seen', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000');
  await until(() => processTable.bearer(run.pid, run.runDir) !== null);
  const bearer = processTable.bearer(run.pid, run.runDir);
  expect(processTable.signal({ pid: run.pid, start: '1', parent: 1, group: 1 }, run.runDir, 'SIGKILL')).toBe(false);
  expect(processTable.bearer(run.pid, run.runDir)).toEqual(bearer);
});

test('a stopped agent and its stopped shim end, and the end is recorded', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000');
  process.kill(-run.shimPid, 'SIGSTOP');
  await until(() => readStat(run.shimPid)?.state === 'T');
  await sweeper.sweep(run.runDir, run.shimPid);
  expect(readExit(run.runDir)?.code).toBe(137);
  await expectNobodyLeft(run.runDir);
});

test('a shim that cannot write its note is killed too, after its second', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000');
  mkdirSync(run.files.exit);
  const exit = new Promise((resolve) => run.onExit(resolve));
  process.kill(run.pid, 'SIGKILL');
  const swept = await sweeper.sweep(run.runDir, run.shimPid);
  expect(swept.killed).toContain(run.shimPid);
  expect(await exit).toEqual({ code: null, signal: 'SIGKILL' });
  await expectNobodyLeft(run.runDir);
});

test('an exit that cannot be recorded at once, as on a full disk, is recorded as soon as it can be', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000');
  mkdirSync(run.files.exit);
  process.kill(run.pid, 'SIGKILL');
  const children = `/proc/${run.shimPid}/task/${run.shimPid}/children`;
  await until(() => readStat(run.pid) === null && readFileSync(children, 'latin1') !== '');
  rmdirSync(run.files.exit);
  expect((await run.ended).code).toBe(137);
});

test('a fork bomb of a thousand processes, caught while it grows, is ended to the last', async () => {
  const { dir, file, startScript } = scene();
  const bomb = file('bomb.sh', `[ $1 -gt 0 ] && { sh $0 $(($1-1)) & sh $0 $(($1-1)) & }\nexec sleep 1000\n`);
  const other = stranger(['/bin/sleep', '1000'], {});
  const run = await startScript(`sh '${bomb}' 9 & setsid sh '${bomb}' 3 & echo ready; exec sleep 1000`);
  await until(async () => (await processTable.bearers(run.runDir)).length > 300);
  await sweeper.killBearers(run.runDir, { except: run.shimPid });
  expect((await run.ended).code).toBe(137);
  await sweeper.sweep(run.runDir, run.shimPid);
  await expectNobodyLeft(run.runDir);
  expect(isRunning(other)).toBe(true);
  expect(existsSync(dir)).toBe(true);
});

/** Stopped, dead, or about to be stopped: with a signal to come it cannot fork. Bit 18 of the pending ones is SIGSTOP. */
function canFork(pid: number): boolean {
  if (['T', 'Z', undefined].includes(readStat(pid)?.state)) return false;
  const pending = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (Number.parseInt(pending, 16) & (1 << 18)) === 0;
}

/**
 * The real table, whose first looks come too late for one process, as when it forks itself and ends; and whether that one
 * could still fork whenever somebody was killed.
 */
function hiding(hidden: number, looks: number): { table: ProcessTable; couldForkAtKill: boolean[] } {
  const couldForkAtKill: boolean[] = [];
  let look = 0;
  const table = Object.assign(Object.create(processTable) as ProcessTable, {
    bearers: async (cookie: string, onSight?: (process: Process) => void): Promise<Process[]> => {
      look += 1;
      const isSeen = ({ pid }: Process): boolean => look > looks || pid !== hidden;
      const all = await processTable.bearers(cookie, (process) => isSeen(process) && onSight?.(process));
      return all.filter(isSeen);
    },
    signal: (process: Process, cookie: string, signal: Signal): boolean => {
      if (signal === 'SIGKILL') couldForkAtKill.push(canFork(hidden));
      return processTable.signal(process, cookie, signal);
    },
  });
  return { table, couldForkAtKill };
}

/** A table that notes what is so whenever the whole of it is looked at. */
function noting<T>(note: () => T): { table: ProcessTable; noted: T[] } {
  const noted: T[] = [];
  const table = Object.assign(Object.create(processTable) as ProcessTable, {
    bearers: (cookie: string, onSight?: (process: Process) => void): Promise<Process[]> => {
      noted.push(note());
      return processTable.bearers(cookie, onSight);
    },
  });
  return { table, noted };
}

test('the group stands still before the whole table is looked at for the first time, and its shim goes on', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000');
  const { table, noted } = noting(() => [run.pid, run.shimPid].map(canFork));
  await new CookieSweeper(table).killBearers(run.runDir, { except: run.shimPid });
  expect(noted[0]).toEqual([false, true]);
  expect((await run.ended).code).toBe(137);
});

test('a run that left nobody is looked for twice and no more', async () => {
  const { start } = scene();
  const run = await start(['/bin/true']);
  await run.ended;
  const { table, noted } = noting(() => null);
  expect(await new CookieSweeper(table).sweep(run.runDir, run.shimPid)).toEqual({ leftovers: 0, killed: [] });
  expect(noted).toHaveLength(2);
});

test.each([
  ['is in the group, by its group, and is found by a later look', 'sleep 1000', 3],
  ['has left the group, by the next look', 'setsid sleep 1000', 1],
])('who was not seen at first stands still before anybody is killed: who %s', async (_, program, looks) => {
  const { startScript } = scene();
  const run = await startScript(`${program} & echo $!; sleep 1000`);
  const hidden = Number((await linesIn(run.files.stdout, 1))[0]);
  // It is what it will be.
  await until(() => readFileSync(`/proc/${hidden}/comm`, 'utf8') === 'sleep\n');
  const { table, couldForkAtKill } = hiding(hidden, looks);
  await new CookieSweeper(table).killBearers(run.runDir, { except: run.shimPid });
  expect(couldForkAtKill.length).toBeGreaterThan(0);
  expect(couldForkAtKill).not.toContain(true);
  expect(['Z', undefined]).toContain(readStat(hidden)?.state);
  await run.ended;
});

test('a process that forks itself and ends, over and over, does not escape', async () => {
  const { file, startScript } = scene();
  const mover = file('mover.sh', `echo x\nsh $0 &\nexit\n`);
  const run = await startScript(`sh '${mover}' & exec sleep 1000`);
  await linesIn(run.files.stdout, 20);
  await sweeper.killBearers(run.runDir, { except: run.shimPid });
  await sweeper.sweep(run.runDir, run.shimPid);
  await expectNobodyLeft(run.runDir);
  const written = readFileSync(run.files.stdout, 'utf8').length;
  await expectNobodyLeft(run.runDir);
  expect(readFileSync(run.files.stdout, 'utf8')).toHaveLength(written);
});

test('a second sweep of the same run joins the first', async () => {
  const { startScript } = scene();
  const run = await startScript('sleep 1000 & echo ready; exit 0');
  await run.ended;
  const [first, second] = await Promise.all([
    sweeper.sweep(run.runDir, run.shimPid),
    sweeper.sweep(run.runDir, run.shimPid),
  ]);
  expect(second).toBe(first);
});

test('everybody of a run stands still, also who left its group, and goes on afterwards; nobody else is touched', async () => {
  const { startScript } = scene();
  const run = await startScript(`setsid sleep 1000 & echo ready; exec sleep 1000`);
  const other = stranger(['sleep', '1000'], {});
  await until(async () => (await processTable.bearers(run.runDir)).length === 3);
  const states = async (): Promise<string[]> =>
    (await processTable.bearers(run.runDir)).map(({ pid }) => readStat(pid)?.state ?? '');
  expect(await sweeper.standStill(run.runDir, run.shimPid)).toBe(true);
  expect(await states()).toEqual(['T', 'T', 'T']);
  expect(isRunning(other)).toBe(true);
  await sweeper.goOn(run.runDir, run.shimPid, true);
  await until(async () => (await states()).every((state) => state === 'S'));
  expect(await sweeper.standStill(join('/', 'runs', 'none'), other.pid ?? 0)).toBe(false);
  expect(isRunning(other)).toBe(true);
});

test('who does not die is named when the limit is over', async () => {
  const process: Process = { pid: 4242, start: '7', parent: 1, group: 4242 };
  const table: ProcessTable = {
    bearers: async () => [process],
    bearer: () => null,
    isStopped: () => true,
    environOf: () => null,
    signal: () => true,
    signalGroup: () => true,
  };
  const sweep = new CookieSweeper(table, { limitMs: 20 }).sweep(join('/', 'runs', '1'), 1);
  await expect(sweep).rejects.toBeInstanceOf(StillThere);
  await expect(sweep).rejects.toMatchObject({ pids: [4242] });
});
