import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attemptOffsets, OFFSETS_MAX, WINDOWS_ENOUGH, type SeenWindow } from '../../src/kernel/inspection.ts';
import { runs } from './play.ts';
import { forAll } from './replay.ts';
import { HOUR_MS, MINUTE_MS } from './timeline.ts';

/** The times at which attempts are cheapest, for windows of which lengths were seen. */

const BOUNDS = { delayMsMin: 20_000, longDelayMsMax: 30 * MINUTE_MS };

const seenOf = (shutMs: number, openMs: number | null, index = 0): SeenWindow => ({
  incident: `i${index}`,
  shutMs,
  openMs,
});

const all = (shutMs: number, openMs: number | null, count = 50): readonly SeenWindow[] =>
  Array.from({ length: count }, (_, index) => seenOf(shutMs, openMs, index));

const planOf = (seen: readonly SeenWindow[], bounds = BOUNDS): readonly number[] => {
  const plan = attemptOffsets(seen, bounds);
  if (plan === null) throw new Error('there is no plan');
  return plan;
};

const seenWindows = fc.array(
  fc
    .record({
      shutMs: fc.integer({ min: 0, max: 12 * HOUR_MS }),
      more: fc.option(fc.integer({ min: 0, max: 2 * HOUR_MS })),
    })
    .map(({ shutMs, more }) => seenOf(shutMs, more === null ? null : shutMs + more)),
  { minLength: WINDOWS_ENOUGH, maxLength: 60 },
);

const bounds = fc
  .record({ delayMsMin: fc.integer({ min: 1, max: HOUR_MS }), more: fc.integer({ min: 0, max: 3 * HOUR_MS }) })
  .map(({ delayMsMin, more }) => ({ delayMsMin, longDelayMsMax: delayMsMin + more }));

describe('the planned attempts', () => {
  test('grow, none sooner than the shortest pause behind the one before, none later than the longest', () => {
    forAll(
      fc.property(seenWindows, bounds, (seen, limits) => {
        const plan = planOf(seen, limits);
        const pauses = plan.map((offset, index) => offset - (plan[index - 1] ?? 0));
        expect(plan.length).toBeGreaterThan(0);
        expect(plan.length).toBeLessThanOrEqual(OFFSETS_MAX);
        expect(Math.min(...pauses)).toBeGreaterThanOrEqual(limits.delayMsMin);
        expect(Math.max(...pauses)).toBeLessThanOrEqual(limits.longDelayMsMax);
      }),
      runs(1 / 4),
    );
  });

  test('are the same for the same windows', () => {
    forAll(
      fc.property(seenWindows, (seen) => {
        expect(planOf(seen)).toEqual(planOf(seen));
      }),
      runs(1 / 8),
    );
  });

  test('are not there until enough was seen', () => {
    expect(attemptOffsets(all(60_000, 70_000, WINDOWS_ENOUGH - 1), BOUNDS)).toBeNull();
    expect(attemptOffsets(all(60_000, 70_000, WINDOWS_ENOUGH), BOUNDS)).not.toBeNull();
  });

  test('stand where windows end, and are seldom where none does', () => {
    const plan = planOf(all(58 * MINUTE_MS, 60 * MINUTE_MS));
    const before = plan.filter((offset) => offset < 30 * MINUTE_MS);
    const there = plan.filter((offset) => offset >= 45 * MINUTE_MS && offset < 80 * MINUTE_MS);
    expect(before.length).toBeLessThanOrEqual(4);
    expect(there.length).toBeGreaterThanOrEqual(8);
  });

  test('are the more, the shorter the windows were', () => {
    const [first = 0] = planOf(all(30_000, 40_000));
    const [other = 0] = planOf(all(20 * MINUTE_MS, 21 * MINUTE_MS));
    expect(first).toBeLessThan(2 * MINUTE_MS);
    expect(other).toBeGreaterThan(5 * MINUTE_MS);
  });

  test('take a window of which nobody saw the end for one that ended at any time behind that', () => {
    const short = all(30_000, 40_000, 30);
    const ended = [...short, ...all(2 * HOUR_MS, 2 * HOUR_MS + MINUTE_MS, 30)];
    const lost = [...short, ...all(2 * HOUR_MS, null, 30)];
    const soon = (plan: readonly number[]): number =>
      plan.filter((offset) => offset > 2 * HOUR_MS && offset < 2.5 * HOUR_MS).length;
    expect(soon(planOf(ended))).toBeGreaterThan(soon(planOf(lost)));
  });

  test('go on at the longest pause behind the longest window that is thought of', () => {
    expect(planOf(all(20 * HOUR_MS, 21 * HOUR_MS)).at(-1)).toBeLessThanOrEqual(8 * HOUR_MS);
  });

  test('are bounded in number, however short the pauses', () => {
    expect(planOf(all(HOUR_MS, HOUR_MS + 1), { delayMsMin: 1_000, longDelayMsMax: 1_000 })).toHaveLength(OFFSETS_MAX);
  });
});
