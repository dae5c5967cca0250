import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { threadStates } from '../../src/home/proc-stat.ts';
import type { EventRow } from '../../src/protocol/rows.ts';
import { standInBox, type StandInBox } from '../daemon/stand-in-box.ts';
import { CAN_MOUNT, smallDisk } from './small-disk.ts';
import { firstBreak, lastIn, numbersIn, runDirs, streamOf, WRITER } from './streams.ts';

const MB = 1024 * 1024;

/** An agent that writes about a megabyte a second, or as its arguments say; who is told appends to a file. */
function writing(onFull: string, args = ['1000', '10', '20'], log: object = {}): StandInBox {
  const own = standInBox([]);
  own.write({
    notify: [{ command: ['/bin/sh', '-c', `cat >>${join(own.dir, 'told')}`] }],
    agents: [{ name: 'ada', mode: 'command', command: [process.execPath, WRITER, ...args], log: { onFull, ...log } }],
  });
  return own;
}

const told = (own: StandInBox): string[] => {
  try {
    return readFileSync(join(own.dir, 'told'), 'utf8').trim().split('\n');
  } catch {
    // Nobody yet.
    return [];
  }
};
const isStandingStill = (pid: number): boolean => threadStates(pid).every((state) => state === 'T');
const live = (own: StandInBox, run = -1): string => join(runDirs(own.home, 'ada').at(run) ?? '', 'stdout.ndjson');
const events = async (own: StandInBox): Promise<string[]> =>
  (JSON.parse(await own.ok('history', 'ada', '--json')) as EventRow[]).map(({ event }) => event);

describe.skipIf(!CAN_MOUNT)('a disk that is full of other things', () => {
  test(
    "lets an agent with onFull 'block' stand still, loses no line of it, and lets it go on when there is room",
    { timeout: 60_000 },
    async () => {
      const disk = smallDisk(200);
      const own = writing('block');
      await own.ok('start');
      const { pid } = await own.row('ada');
      disk.fill(8 * MB);
      await own.event(({ event }) => event === 'disk-full');
      await expect.poll(() => isStandingStill(pid ?? 0), { timeout: 10_000 }).toBe(true);
      expect((await own.row('ada')).degraded).toEqual(['output: the disk is full (log.onFull: block)']);
      expect(await own.ok('explain', 'ada')).toContain('It goes on by itself when the disk has room again.');
      await expect.poll(() => told(own).length, { timeout: 10_000 }).toBe(1);
      expect(told(own)[0]).toContain("The disk that holds the agents' output is full");
      // A daemon that dies meanwhile changes nothing.
      process.kill(own.daemonPid(), 'SIGKILL');
      await expect.poll(async () => (await own.av('ping')).code, { timeout: 10_000 }).toBe(0);
      await expect.poll(() => isStandingStill(pid ?? 0), { timeout: 10_000 }).toBe(true);
      // One that is stopped leaves nobody behind who could not go on.
      await own.ok('daemon', 'stop');
      expect(isStandingStill(pid ?? 0)).toBe(false);
      await own.ok('daemon', 'restart');
      await expect.poll(() => isStandingStill(pid ?? 0), { timeout: 10_000 }).toBe(true);
      disk.free();
      await own.event(({ event }) => event === 'disk-free');
      await expect.poll(() => isStandingStill(pid ?? 0), { timeout: 10_000 }).toBe(false);
      expect(await own.row('ada')).toMatchObject({ pid, restarts: 0, degraded: [] });
      process.kill(pid ?? 0, 'SIGTERM');
      await expect.poll(() => lastIn(streamOf(live(own, 0)).bytes.toString()), { timeout: 10_000 }).not.toBeNull();
      const text = streamOf(live(own, 0)).bytes.toString();
      expect(firstBreak(numbersIn(text), lastIn(text) ?? 0)).toBeNull();
      expect(told(own)).toHaveLength(1);
    },
  );

  test(
    "makes an agent with onFull 'truncate-oldest' give up its oldest output, counts it, and lets it write on",
    { timeout: 60_000 },
    async () => {
      const disk = smallDisk(200);
      const own = writing('truncate-oldest', ['1000', '5', '20'], { maxSize: '2MB', total: '1GB' });
      await own.ok('start');
      const { pid } = await own.row('ada');
      await expect.poll(() => streamOf(live(own)).bytes.length, { timeout: 40_000 }).toBeGreaterThan(16 * MB);
      disk.fill(6 * MB);
      await own.event(({ event }) => event === 'disk-full');
      await own.event(({ event }) => event === 'disk-free');
      expect(disk.freeBytes()).toBeGreaterThan(10 * MB);
      expect(await own.row('ada')).toMatchObject({ pid, restarts: 0 });
      process.kill(pid ?? 0, 'SIGTERM');
      await expect.poll(() => lastIn(streamOf(live(own, 0)).bytes.toString()), { timeout: 10_000 }).not.toBeNull();
      const { bytes, gone } = streamOf(live(own, 0));
      const [described] = JSON.parse(await own.ok('describe', 'ada', '--json')) as {
        dropped: { bytes: number; lines: number };
      }[];
      expect(described?.dropped.bytes).toBe(gone);
      expect(gone).toBeGreaterThan(0);
      // Each line is there or was counted. A piece may end in the midst of a line.
      const kept = numbersIn(bytes.toString());
      const last = lastIn(bytes.toString()) ?? 0;
      const [first = 0] = kept;
      expect(firstBreak(kept, last, first)).toBeNull();
      expect([first - 1, first - 2]).toContain(described?.dropped.lines);
      expect(await events(own)).toContain('log-dropped');
    },
  );

  test("ends an agent with onFull 'stop' and starts it again when there is room", { timeout: 60_000 }, async () => {
    const disk = smallDisk(200);
    const own = writing('stop');
    await own.ok('start');
    disk.fill(8 * MB);
    const stopped = await own.until('ada', ({ state }) => state === 'waiting');
    expect(stopped).toMatchObject({ desired: 'up', pid: null, nextAttemptAt: null });
    disk.free();
    expect(await own.until('ada', ({ state }) => state === 'running')).toMatchObject({ desired: 'up' });
  });

  test(
    'that takes not a byte any more costs the daemon nothing but its memory of it',
    { timeout: 60_000 },
    async () => {
      const disk = smallDisk(64);
      const fleet = standInBox(['ada']);
      await fleet.ok('start');
      expect(await fleet.ok('send', 'ada', 'one', '--wait')).toBe('answer to: one\n');
      const { pid } = await fleet.row('ada');
      const daemon = fleet.daemonPid();
      disk.fill(0);
      await fleet.until('ada', ({ degraded }) => degraded.some((text) => text.includes('the disk is full')));
      expect((await fleet.av('ping')).code).toBe(0);
      disk.free();
      await fleet.until('ada', ({ degraded }) => degraded.length === 0);
      expect(await fleet.ok('send', 'ada', 'two', '--wait')).toBe('answer to: two\n');
      expect(await fleet.row('ada')).toMatchObject({ pid, restarts: 0, state: 'running' });
      expect(fleet.daemonPid()).toBe(daemon);
    },
  );
});
