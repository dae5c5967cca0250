import { describe, expect, test } from 'vitest';
import {
  after,
  elapsedMs,
  expectedAt,
  idleMs,
  isDue,
  mono,
  rebase,
  stampOf,
  wall,
  type Deadline,
} from '../../src/kernel/moment.ts';
import { at, START_WALL } from './fleet-of.ts';

const HOUR = 3_600_000;
/** Another boot, whose monotonic clock has just begun. */
const afterBoot = (wallMs: number) => at(0, { mono: mono(5_000), wall: wall(START_WALL + wallMs), boot: 'boot-2' });

describe('durations', () => {
  test('within a boot the monotonic clock counts, whatever the wall clock says', () => {
    const jumped = at(1_000, { wall: wall(START_WALL + 5 * HOUR) });
    expect(elapsedMs(at(0), jumped)).toBe(1_000);
  });

  test('over a reboot the wall clock counts, and never backwards', () => {
    expect(elapsedMs(at(0), afterBoot(90_000))).toBe(90_000);
    expect(elapsedMs(at(0), afterBoot(-HOUR))).toBe(0);
  });

  test('idleness is the larger of both: a laptop that slept was idle', () => {
    expect(idleMs(at(0), at(1_000, { wall: wall(START_WALL + HOUR) }))).toBe(HOUR);
    expect(idleMs(at(0), at(HOUR, { wall: wall(START_WALL - HOUR) }))).toBe(HOUR);
    expect(idleMs(at(0), afterBoot(HOUR))).toBe(HOUR);
  });
});

describe('deadlines', () => {
  test('are due at their time, on the clock they mean', () => {
    const deadline = after(at(0), 1_000);
    expect(isDue(deadline, at(999, { wall: wall(START_WALL + HOUR) }))).toBe(false);
    expect(isDue(deadline, at(1_000, { wall: wall(START_WALL - HOUR) }))).toBe(true);
    const reset: Deadline = { clock: 'wall', at: wall(START_WALL + HOUR) };
    expect(isDue(reset, at(1_000))).toBe(false);
    expect(isDue(reset, at(1_000, { wall: wall(START_WALL + HOUR) }))).toBe(true);
  });

  test('are shown to people as wall times', () => {
    expect(expectedAt(after(at(0), 30_000), at(10_000))).toBe(START_WALL + 30_000);
    expect(expectedAt({ clock: 'wall', at: wall(7) }, at(0))).toBe(7);
  });

  test('are moved after a reboot by what the wall clock says has passed', () => {
    const value = { deep: [{ deadline: after(at(0), 60_000) }] };
    expect(rebase(value, at(0), afterBoot(20_000)).deep[0]?.deadline).toEqual({ clock: 'mono', at: 5_000 + 40_000 });
  });

  test('that have passed meanwhile are due at once', () => {
    const moved = rebase({ deadline: after(at(0), 60_000) }, at(0), afterBoot(HOUR));
    expect(moved.deadline.at).toBe(5_000);
  });

  test('keep what was left of them when the wall clock was set back over the reboot', () => {
    const moved = rebase({ deadline: after(at(0), 60_000) }, at(0), afterBoot(-5 * HOUR));
    expect(moved.deadline.at).toBe(5_000 + 60_000);
  });

  test('on the wall clock, stamps and everything else stay as they are', () => {
    const value = { reset: { clock: 'wall', at: wall(9) }, stamp: stampOf(at(0)), text: 'mono', list: [1, null, true] };
    expect(rebase(value, at(0), afterBoot(HOUR))).toEqual(value);
  });
});
