import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addCrash, crashesAreOver, noCrashes } from '../../src/kernel/crashes.ts';
import type { Crashes } from '../../src/kernel/fleet.ts';
import { stampOf } from '../../src/kernel/moment.ts';
import { quietDelay } from '../../src/kernel/quiet.ts';
import { ADA, at } from './fleet-of.ts';
import { forAll } from './replay.ts';

const QUIET = ADA.auth.quiet;
const RESTART = ADA.restart;
const OPENED = stampOf(at(0));
const roll = fc.double({ min: 0, max: 0.999_999, noNaN: true });

const quietIn = (ms: number, lastDelayMs: number, value = 0.5) => {
  const moment = at(ms, { roll: value });
  const { delayMs, until } = quietDelay(QUIET, lastDelayMs, OPENED, moment);
  return { delayMs, pauseMs: until.at - moment.mono };
};

describe('the quiet schedule', () => {
  test('begins at its minimum and doubles to its maximum', () => {
    const delays = [0, 20_000, 40_000, 80_000, 160_000, 180_000].map((last) => quietIn(10_000, last).delayMs);
    expect(delays).toEqual([20_000, 40_000, 80_000, 160_000, 180_000, 180_000]);
  });

  test('goes on to the long maximum once the incident is older than an hour', () => {
    expect(quietIn(3_600_000, 180_000).delayMs).toBe(180_000);
    const delays = [180_000, 360_000, 720_000, 1_440_000, 1_800_000].map((last) => quietIn(3_600_001, last).delayMs);
    expect(delays).toEqual([360_000, 720_000, 1_440_000, 1_800_000, 1_800_000]);
  });

  test('is jittered by a fifth at most, once, and never leaves its bounds', () => {
    forAll(
      fc.property(roll, fc.constantFrom(0, 20_000, 40_000, 80_000, 160_000, 180_000), (value, last) => {
        const { delayMs, pauseMs } = quietIn(10_000, last, value);
        expect(pauseMs).toBeGreaterThanOrEqual(Math.max(QUIET.delayMsMin, Math.floor(delayMs * 0.8)));
        expect(pauseMs).toBeLessThanOrEqual(Math.min(QUIET.delayMsMax, Math.ceil(delayMs * 1.2)));
      }),
      100,
    );
  });

  test('doubles without the jitter, so that a run of bad luck does not add up', () => {
    expect(quietIn(10_000, quietIn(10_000, 0, 0.999).delayMs, 0.999).delayMs).toBe(40_000);
  });
});

describe('the crash backoff', () => {
  type Counted = { readonly crashes: Crashes; readonly delayMs: number | null };
  const crashed = (times: number, everyMs: number, value = 0.5): Counted =>
    Array.from({ length: times }, (_, index) => at(index * everyMs, { roll: value })).reduce<Counted>(
      (last, moment) => addCrash(last.crashes, RESTART, QUIET.jitter, moment),
      { crashes: noCrashes, delayMs: 0 },
    );

  test('begins at 1 s and doubles to 5 min', () => {
    const delays = Array.from({ length: 11 }, (_, index) => crashed(index + 1, 700_000).delayMs);
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
  });

  test('ends with the fifth crash in ten minutes, not with the fourth, nor when they are spread', () => {
    expect(crashed(4, 1_000).delayMs).toBe(8_000);
    expect(crashed(5, 1_000).delayMs).toBeNull();
    expect(crashed(5, 150_000).delayMs).not.toBeNull();
  });

  test('stays ended for an agent that crashes in a loop, however long after', () => {
    const errored = crashed(5, 1_000);
    expect(addCrash(errored.crashes, RESTART, QUIET.jitter, at(5_000_000)).delayMs).toBeNull();
  });

  test('is jittered within its bounds', () => {
    forAll(
      fc.property(roll, fc.integer({ min: 1, max: 12 }), (value, times) => {
        const { crashes, delayMs } = crashed(times, 700_000, value);
        expect(delayMs).toBeGreaterThanOrEqual(Math.max(RESTART.delayMsMin, Math.floor(crashes.delayMs * 0.8)));
        expect(delayMs).toBeLessThanOrEqual(Math.min(RESTART.delayMsMax, Math.ceil(crashes.delayMs * 1.2)));
      }),
      100,
    );
  });

  test('is over after a good answer and an uptime of twice the last delay, and not before', () => {
    const crashes = { ...noCrashes, count: 3, delayMs: 4_000 };
    expect(crashesAreOver(crashes, { answered: true, uptimeMs: 7_999 }, 'stream')).toBe(false);
    expect(crashesAreOver(crashes, { answered: true, uptimeMs: 8_000 }, 'stream')).toBe(true);
    expect(crashesAreOver(crashes, { answered: false, uptimeMs: 3_600_000 }, 'stream')).toBe(false);
  });

  test('is over for a command agent by its uptime alone', () => {
    const crashes = { ...noCrashes, count: 3, delayMs: 4_000 };
    expect(crashesAreOver(crashes, { answered: false, uptimeMs: 7_999 }, 'command')).toBe(false);
    expect(crashesAreOver(crashes, { answered: false, uptimeMs: 8_000 }, 'command')).toBe(true);
  });
});
