import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noted, SLOT_MS, SLOTS_MAX, type Slot } from '../../src/kernel/activity.ts';
import { wall } from '../../src/kernel/moment.ts';
import { agentIn } from './fleet-of.ts';
import { at as after, unauthorized, goodTurn, play, rejectedTurn, send, WORKING } from './scenario.ts';

const BEGIN = Math.ceil(Date.parse('2026-11-20T06:37:00.000Z') / SLOT_MS) * SLOT_MS;
const at = (slots: number, ms = 0): ReturnType<typeof wall> => wall(BEGIN + slots * SLOT_MS + ms);

test('what is done within a quarter of an hour is counted in one slot, the next quarter is another one', () => {
  const first = noted(noted([], 'good', at(0)), 'good', at(0, SLOT_MS - 1));
  expect(first).toEqual([{ at: BEGIN, good: 2, failed: 0, restarts: 0 }]);
  expect(noted(noted(first, 'failed', at(1)), 'restarts', at(1, 5))).toEqual([
    ...first,
    { at: BEGIN + SLOT_MS, good: 0, failed: 1, restarts: 1 },
  ]);
});

test('what is older than a day is let go, the same time yesterday is still there', () => {
  const yesterday = noted([], 'good', at(0));
  expect(noted(yesterday, 'good', at(SLOTS_MAX - 1))).toHaveLength(2);
  expect(noted(yesterday, 'good', at(SLOTS_MAX))).toEqual([
    { at: BEGIN + SLOTS_MAX * SLOT_MS, good: 1, failed: 0, restarts: 0 },
  ]);
});

test('a clock that is set back goes on counting in the newest slot', () => {
  const now = noted([], 'good', at(8));
  expect(noted(now, 'failed', at(3))).toEqual([{ at: BEGIN + 8 * SLOT_MS, good: 1, failed: 1, restarts: 0 }]);
});

test('nothing that happened within the day is lost, the slots are in order, and there are never too many', () => {
  const doings = fc.array(fc.tuple(fc.constantFrom('good', 'failed', 'restarts'), fc.nat(3 * SLOT_MS)), {
    maxLength: 400,
  });
  fc.assert(
    fc.property(doings, (all) => {
      let now = BEGIN;
      let slots: readonly Slot[] = [];
      for (const [doing, passed] of all) slots = noted(slots, doing, wall((now += passed)));
      const times = slots.map((slot) => slot.at);
      expect(times).toEqual([...new Set(times)].toSorted((one, other) => one - other));
      expect(slots.length).toBeLessThanOrEqual(SLOTS_MAX);
      if (now - BEGIN > (SLOTS_MAX - 2) * SLOT_MS) return;
      expect(slots.reduce((sum, { good, failed, restarts }) => sum + good + failed + restarts, 0)).toBe(all.length);
    }),
  );
});

test('each good turn, each failed one and each restart of an agent stands in its day', () => {
  const world = play('40m', [
    ...WORKING,
    after('10s', send('m2')),
    after('11s', rejectedTurn(unauthorized('req_1'))),
    after('13s', goodTurn('msg_1')),
    after('30m', send('m3')),
    after('30m', goodTurn('msg_1')),
  ]);
  const day = agentIn(world.fleet).activity;
  expect(day.map(({ good, failed, restarts }) => ({ good, failed, restarts }))).toEqual([
    { good: 2, failed: 1, restarts: 1 },
    { good: 1, failed: 0, restarts: 0 },
  ]);
});
