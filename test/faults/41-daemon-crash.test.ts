import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { LOOP_CRASHES_MIN, readCrashes } from '../../src/home/crashes.ts';
import { identity } from '../../src/home/process-identity.ts';
import { faultBox, identities, type FaultBox } from './fault-box.ts';
import { expectsPassRule } from './pass-rule.ts';

const CRASHING = pathToFileURL(join(import.meta.dirname, 'crashing.mjs')).href;

/** A fleet under a keeper whose daemons crash when they are told to. */
async function crashable(names: readonly string[], agent: Record<string, unknown> = {}): Promise<FaultBox> {
  const fleet = faultBox(names, agent);
  const env = { FAULT_FOLDER: fleet.dir, NODE_OPTIONS: `--import ${CRASHING} --max-old-space-size=64` };
  expect(await fleet.avWith({ env }, 'start')).toMatchObject({ code: 0 });
  return fleet;
}

const isThere = (pid: number): boolean => identity.startTimeOf(pid) !== null;
const crash = (fleet: FaultBox, times: number): void => writeFileSync(join(fleet.dir, 'crash'), String(times));

/** Settles when another daemon than this answers. */
async function daemonAfter(fleet: FaultBox, pid: number): Promise<number> {
  const answering = async (): Promise<number> => {
    const { code, stdout } = await fleet.av('ping', '--json');
    return code === 0 ? (JSON.parse(stdout) as { pid: number }).pid : pid;
  };
  let next = pid;
  await expect.poll(async () => (next = await answering()), { timeout: 20_000 }).not.toBe(pid);
  return next;
}

test('an exception that nobody catches is written down without secrets, and the next daemon goes on with the same agents', async () => {
  const fleet = await crashable(['ada', 'bob']);
  const before = await fleet.rows();
  const pid = fleet.daemonPid();
  crash(fleet, 1);
  const next = await daemonAfter(fleet, pid);
  expect(identities(await fleet.rows())).toEqual(identities(before));
  expect(await fleet.ok('send', 'ada', 'one', '--wait')).toBe('answer to: one\n');
  const [record, ...others] = readCrashes(fleet.home);
  expect([record, others]).toMatchObject([
    { how: 'exception', pid, what: expect.stringContaining('made for the test') },
    [],
  ]);
  const log = readFileSync(join(fleet.home, 'daemon.log'), 'utf8');
  expect(log).toContain('made for the test');
  expect(readFileSync(fleet.stateFile('crashes.ndjson'), 'utf8') + log).not.toContain('t0ken');
  expect(next).not.toBe(pid);
  // One crash is no loop.
  expect((await fleet.row('ada')).degraded).toEqual([]);
  await expectsPassRule(fleet);
});

test('a daemon that dies for want of descriptors has kept one to write that down', async () => {
  const fleet = await crashable(['ada']);
  const before = await fleet.rows();
  const pid = fleet.daemonPid();
  spawnSync('prlimit', [`--pid=${pid}`, '--nofile=256:4096']);
  writeFileSync(join(fleet.dir, 'leak-on'), '');
  await expect.poll(() => readdirSync(`/proc/${pid}/fd`).length).toBe(256);
  // To read this file takes a descriptor: that is the exception.
  crash(fleet, 1);
  await expect.poll(() => isThere(pid), { timeout: 10_000 }).toBe(false);
  rmSync(join(fleet.dir, 'crash'));
  rmSync(join(fleet.dir, 'leak-on'));
  await daemonAfter(fleet, pid);
  expect(readCrashes(fleet.home)[0]).toMatchObject({ how: 'exception', pid, what: expect.stringContaining('EMFILE') });
  expect(identities(await fleet.rows())).toEqual(identities(before));
});

test('a daemon that runs out of memory is written down by its successor, with what the runtime said last', async () => {
  const fleet = await crashable(['ada']);
  const before = await fleet.rows();
  const pid = fleet.daemonPid();
  writeFileSync(join(fleet.dir, 'oom'), '');
  await daemonAfter(fleet, pid);
  expect(identities(await fleet.rows())).toEqual(identities(before));
  expect(readCrashes(fleet.home)).toMatchObject([
    { how: 'aborted', what: expect.stringContaining('heap out of memory') },
  ]);
  await expectsPassRule(fleet);
});

const ENDS = { restart: { delayMin: '10ms', delayMax: '10ms' } };

test('daemons that crash in a loop end in safe mode: all is shown, nothing is decided, a person is told once and ends it', async () => {
  const fleet = await crashable(['ada', 'bob'], ENDS);
  const before = await fleet.rows();
  crash(fleet, LOOP_CRASHES_MIN);
  await expect
    .poll(async () => (await fleet.av('list')).stdout, { timeout: 20_000 })
    .toMatch(/^degraded: safe mode: /m);
  expect((await fleet.rows()).map(({ name, pid, paused }) => ({ name, pid, paused }))).toEqual(
    before.map(({ name, pid }) => ({ name, pid, paused: true })),
  );
  expect(await fleet.ok('daemon', 'status')).toContain('degraded: safe mode');
  expect(await fleet.ok('explain', 'ada')).toContain('safe mode');
  // An agent that ends is not started again by itself …
  process.kill(before[0]?.pid ?? 0, 'SIGKILL');
  const down = await fleet.until('ada', ({ state }) => state === 'waiting');
  expect(down.nextAttemptAt).not.toBeNull();
  // … and a daemon that is killed is followed by one that is in safe mode, too.
  const pid = fleet.daemonPid();
  process.kill(pid, 'SIGKILL');
  await daemonAfter(fleet, pid);
  expect((await fleet.rows()).map(({ state, paused }) => ({ state, paused }))).toEqual([
    { state: 'waiting', paused: true },
    { state: 'running', paused: true },
  ]);
  // What a person asks for is done.
  expect(await fleet.ok('send', 'bob', 'one', '--wait')).toBe('answer to: one\n');
  await fleet.ok('daemon', 'restart');
  await fleet.until('ada', ({ state, paused }) => state === 'running' && !paused);
  const after = await fleet.rows();
  expect(after.map(({ degraded, paused }) => ({ degraded, paused }))).toEqual([
    { degraded: [], paused: false },
    { degraded: [], paused: false },
  ]);
  await expect.poll(() => fleet.told().length).toBeGreaterThan(0);
  expect(fleet.told().map(({ text }) => text)).toEqual([
    expect.stringMatching(/^agentvisor is in safe mode: .*daemon restart/),
  ]);
  await expectsPassRule(fleet);
});

test('a daemon that is killed from outside, however often, is in no crash loop', async () => {
  const fleet = await crashable(['ada']);
  const before = await fleet.rows();
  for (let round = 0; round <= LOOP_CRASHES_MIN; round += 1) {
    const pid = fleet.daemonPid();
    process.kill(pid, 'SIGKILL');
    await daemonAfter(fleet, pid);
  }
  expect(readCrashes(fleet.home)).toEqual([]);
  const after = await fleet.rows();
  expect(identities(after)).toEqual(identities(before));
  expect(after.map(({ degraded }) => degraded)).toEqual([[]]);
});
