import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { identity } from '../../src/home/process-identity.ts';
import { readOwner } from '../../src/home/owner.ts';
import { bearersUnder } from '../box.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { faultBox, identities } from './fault-box.ts';
import { MAY_MOUNT, putOn, smallDisk } from './state-disk.ts';

describe('a home that is removed while its daemon runs', () => {
  test('is made anew by the same daemon: it can be asked again, and its agents are held as before', async () => {
    const fleet = faultBox(['ada', 'bob']);
    await fleet.ok('start');
    const before = await fleet.rows();
    const pid = fleet.daemonPid();
    rmSync(fleet.home, { recursive: true });
    await expect.poll(async () => (await fleet.av('ping')).code, { timeout: 10_000 }).toBe(0);
    expect(fleet.daemonPid()).toBe(pid);
    expect(identities(await fleet.rows())).toEqual(identities(before));
    expect(statSync(fleet.home).mode & 0o777).toBe(0o700);
    await expect.poll(async () => (await fleet.row('ada')).degraded.join()).toContain('the home was removed');
    await expect
      .poll(() => fleet.told().map(({ text }) => text))
      .toContainEqual(expect.stringContaining('home was removed'));
    // The next run has files again.
    await fleet.ok('restart', 'ada');
    expect(await fleet.ok('send', 'ada', 'one', '--wait')).toBe('answer to: one\n');
    for (const name of ['ada', 'bob']) expect(bearersUnder(join(fleet.home, 'agents', name))).toHaveLength(2);
    // What is known is on the disk again.
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(async () => (await fleet.av('ping')).code === 0 && fleet.daemonPid() !== pid, { timeout: 10_000 })
      .toBe(true);
    expect((await fleet.rows()).map(({ name, state }) => ({ name, state }))).toEqual([
      { name: 'ada', state: 'running' },
      { name: 'bob', state: 'running' },
    ]);
  });

  test('only of its socket, has one again', async () => {
    const fleet = faultBox(['ada']);
    await fleet.ok('start');
    const pid = fleet.daemonPid();
    rmSync(join(fleet.home, 'daemon.sock'));
    await expect.poll(async () => (await fleet.av('ping')).code, { timeout: 10_000 }).toBe(0);
    expect(fleet.daemonPid()).toBe(pid);
  });

  test('and is another daemon’s by now, is left to that one, agents included', async () => {
    const fleet = faultBox(['ada']);
    const { pid } = await foregroundDaemon(fleet);
    await fleet.ok('start');
    const before = await fleet.rows();
    const file = join(fleet.home, 'daemon.json');
    // This process stands for the other daemon: it lives, and its name is there.
    const other = { ...readOwner(fleet.home), pid: process.pid, start: identity.startTimeOf(process.pid) };
    const state = readFileSync(fleet.stateFile('journal.ndjson'), 'utf8');
    writeFileSync(file, JSON.stringify(other));
    await expect.poll(() => identity.startTimeOf(pid), { timeout: 10_000 }).toBeNull();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
    expect(readFileSync(fleet.stateFile('journal.ndjson'), 'utf8')).toBe(state);
    rmSync(file);
    await foregroundDaemon(fleet);
    expect(identities(await fleet.rows())).toEqual(identities(before));
  });
});

/** Only some file systems know it. */
const mayFreeze = (folder: string): boolean => spawnSync('chattr', ['-i', folder]).status === 0;

test('a state folder in which nothing can be made any more is said, with the exit code, and recovers', async ({
  skip,
}) => {
  const fleet = faultBox(['ada']);
  await fleet.ok('start');
  const state = join(fleet.home, 'state');
  if (!mayFreeze(state)) skip('this file system does not know chattr +i');
  execFileSync('chattr', ['+i', state]);
  onTestFinished(() => void spawnSync('chattr', ['-i', state]));
  expect((await fleet.av('save')).code).toBe(1);
  expect((await fleet.row('ada')).degraded.join()).toContain('EPERM');
  expect(await fleet.av('pause', 'ada')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('does not keep it'),
  });
  execFileSync('chattr', ['-i', state]);
  await expect.poll(async () => (await fleet.row('ada')).degraded, { timeout: 15_000 }).toEqual([]);
  expect((await fleet.row('ada')).paused).toBe(true);
});

test.skipIf(!MAY_MOUNT)('a home on a disk that may only be read starts no daemon, and says why', async () => {
  const disk = smallDisk();
  const fleet = faultBox(['ada']);
  mkdirSync(join(disk.path, 'home'), { mode: 0o700 });
  putOn({ ...disk, path: join(disk.path, 'home') }, fleet.home);
  execFileSync('mount', ['-o', 'remount,ro', disk.path]);
  // The command line makes the folders for a daemon; one that is run by itself finds them as they are.
  const refusal = {
    code: 9,
    stderr: `agentvisor: Nothing can be written in the home ${join(disk.path, 'home')} (EROFS, its disk may only be read). Make it writable, or name another one with AGENTVISOR_HOME.\n`,
  };
  expect(await fleet.av('start')).toMatchObject(refusal);
  expect(await fleet.av('daemon', 'run')).toMatchObject({ ...refusal, code: 1 });
  expect(bearersUnder(fleet.home)).toEqual([]);
  execFileSync('mount', ['-o', 'remount,rw', disk.path]);
  expect(readdirSync(join(disk.path, 'home'))).toEqual([]);
  await fleet.ok('start');
});
