import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { markedRuns } from '../../src/home/run-marks.ts';
import { bearersUnder, box, type Box } from '../box.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { putOn, MAY_MOUNT, smallDisk } from '../faults/state-disk.ts';

function sleepers(...names: readonly string[]): Box {
  const own = box();
  own.write({
    agents: names.map((name) => ({ name, mode: 'command' as const, command: ['sleep', '1000'] })),
  });
  return own;
}

/** What a crash of the machine, or a person, may leave: agents that live, and no state that knows them. */
const forgetState = ({ home }: Box): void => rmSync(join(home, 'state'), { recursive: true });

test('agents that no state knows are ended too when no daemon runs, and said', async () => {
  const own = sleepers('ada', 'bob');
  const daemon = await foregroundDaemon(own);
  await own.ok('start');
  await daemon.killed();
  forgetState(own);
  expect((await markedRuns(own.home)).map(({ agent }) => agent).toSorted()).toEqual(['ada', 'bob']);
  expect(await own.av('kill')).toMatchObject({ code: 0, stdout: 'daemon and 2 agents stopped\n' });
  expect(bearersUnder(own.home)).toEqual([]);
});

test('agents that the daemon does not know are ended with those that it knows', async () => {
  const own = sleepers('ada');
  const first = await foregroundDaemon(own);
  await own.ok('start');
  await first.killed();
  forgetState(own);
  await foregroundDaemon(own);
  own.write({ agents: [{ name: 'eve', mode: 'command', command: ['sleep', '1000'] }] });
  await own.ok('start');
  expect(JSON.parse(await own.ok('kill', '--json'))).toEqual({ stopped: ['eve', 'ada'] });
  expect(bearersUnder(own.home)).toEqual([]);
});

test('an agent whose shim was killed, and that no state knows, is ended', async () => {
  const own = sleepers('ada');
  const daemon = await foregroundDaemon(own);
  await own.ok('start');
  const { pid } = await own.row('ada');
  await daemon.killed();
  const shims = bearersUnder(join(own.home, 'agents', 'ada')).filter((each) => each !== pid);
  for (const shim of shims) process.kill(shim, 'SIGKILL');
  forgetState(own);
  await own.ok('kill');
  expect(bearersUnder(own.home)).toEqual([]);
});

test('agents of another home stay as they are', async () => {
  const [own, other] = [sleepers('ada'), sleepers('bob')];
  await own.ok('start');
  await other.ok('start');
  const before = await other.row('bob');
  await own.ok('kill');
  expect(await other.row('bob')).toMatchObject({ state: 'running', pid: before.pid, run: before.run });
});

describe.skipIf(!MAY_MOUNT)('of a home on a disk that may only be read', () => {
  test('where nothing runs says so, and that keepers cannot be told', async () => {
    const disk = smallDisk();
    const own = box();
    mkdirSync(join(disk.path, 'home'), { mode: 0o700 });
    putOn({ ...disk, path: join(disk.path, 'home') }, own.home);
    execFileSync('mount', ['-o', 'remount,ro', disk.path]);
    const killed = await own.av('kill');
    expect(killed).toMatchObject({ code: 0, stdout: '' });
    expect(killed.stderr).toContain('daemon not running, 0 agents alive');
    expect(killed.stderr).toMatch(/a keeper .* cannot be told: EROFS/);
    expect(await own.av('daemon', 'stop')).toMatchObject({ code: 0, stderr: expect.stringContaining('EROFS') });
    expect(readdirSync(join(disk.path, 'home'))).toEqual([]);
  });
});

test('of a home in which nothing can be made any more ends the daemon and its agents', async ({ skip }) => {
  const own = sleepers('ada');
  await own.ok('start');
  if (spawnSync('chattr', ['+i', own.home]).status !== 0) skip('this file system does not know chattr +i');
  onTestFinished(() => void spawnSync('chattr', ['-i', own.home]));
  const killed = await own.av('kill');
  expect(killed).toMatchObject({ code: 0, stdout: 'daemon and 1 agent stopped\n' });
  expect(killed.stderr).toMatch(/a keeper .* cannot be told: EPERM/);
  expect(bearersUnder(own.home)).toEqual([]);
});
