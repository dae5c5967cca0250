import { diceOf, type Dice } from './dice.ts';
import type { Outage } from './outage.ts';
import { hourOf, type Asked } from './workload.ts';

/**
 * Outages of the shape that the field reports: about 14 windows a day over a fleet, from seconds to 125 minutes with a median
 * of about 3 and a 95th percentile of about 50, one in a hundred of 3 to 7 hours; more often after more than an hour of
 * idleness in the morning. Each begins as somebody is asked, since one that nobody met is none that anybody reported.
 */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const WINDOWS_A_DAY = 14;
const LENGTH_MS_MIN = 2_000;
const LENGTH_MS_MAX = 125 * 60_000;
const LENGTH_MS_MEDIAN = 3 * 60_000;
/** So that one in twenty lasts longer than 50 minutes. */
const LENGTH_SPREAD = 1.8;
const LONG_PART = 0.01;
const LONG_MS_MIN = 3 * HOUR_MS;
const LONG_MS_MAX = 7 * HOUR_MS;
const IDLE_MS = HOUR_MS;
const MORNING_BEGINS_HOUR = 5;
const MORNING_ENDS_HOUR = 11;
/** How much likelier a question after such idleness in the morning meets one. The field says "more often". */
const IDLE_MORNING_WEIGHT = 8;
/** Nobody reports how often; what counts is that they are no windows. */
const THROTTLES_A_DAY = 2;
const THROTTLE_MS_MEDIAN = 5 * 60_000;
const THROTTLE_SPREAD = 1;
const THROTTLE_MS_MAX = HOUR_MS;
const THROTTLED_TIER = 'opus';
/** A place that is free is looked for so often. */
const TRIES_MAX = 200;

export const isIdleMorning = ({ at, idleMs }: Pick<Asked, 'at' | 'idleMs'>): boolean =>
  idleMs > IDLE_MS && hourOf(at) >= MORNING_BEGINS_HOUR && hourOf(at) < MORNING_ENDS_HOUR;

/** @param asked what the fleet is asked, oldest first */
export function syntheticOutages(asked: readonly Asked[], from: number, days: number, seed: number): readonly Outage[] {
  const dice = diceOf(seed);
  const windows: Outage[] = [];
  const throttles: Outage[] = [];
  for (let day = 0; day < days; day += 1) {
    const begins = from + day * DAY_MS;
    const ofDay = asked.filter(({ at }) => at >= begins && at < begins + DAY_MS);
    for (let count = countOf(WINDOWS_A_DAY, dice); count > 0; count -= 1) placeWindow(windows, ofDay, dice);
    for (let count = countOf(THROTTLES_A_DAY, dice); count > 0; count -= 1) {
      const at = begins + Math.floor(dice.roll() * DAY_MS);
      const lengthMs = Math.min(THROTTLE_MS_MAX, Math.round(dice.logNormal(THROTTLE_MS_MEDIAN, THROTTLE_SPREAD)));
      throttles.push({ ...WHOLE, kind: 'throttle', from: at, until: at + lengthMs, tier: THROTTLED_TIER });
    }
  }
  return [...windows, ...throttles].toSorted((one, other) => one.from - other.from);
}

const WHOLE = { credential: null, agent: null, tier: null } as const;

/** It begins with a question that finds the door open, as weighty as that is likely to meet one. */
function placeWindow(windows: Outage[], asked: readonly Asked[], dice: Dice): void {
  const lengthMs = lengthOf(dice);
  for (let tries = 0; tries < TRIES_MAX && asked.length > 0; tries += 1) {
    const question = asked[Math.floor(dice.roll() * asked.length)];
    if (question === undefined || dice.roll() * IDLE_MORNING_WEIGHT >= weightOf(question)) continue;
    const [from, until] = [question.at, question.at + lengthMs];
    if (windows.some((other) => from <= other.until && other.from <= until)) continue;
    windows.push({ ...WHOLE, kind: 'window', from, until });
    return;
  }
}

const weightOf = (question: Asked): number => (isIdleMorning(question) ? IDLE_MORNING_WEIGHT : 1);

function lengthOf(dice: Dice): number {
  if (dice.roll() < LONG_PART) return Math.round(LONG_MS_MIN + dice.roll() * (LONG_MS_MAX - LONG_MS_MIN));
  for (;;) {
    const lengthMs = Math.round(dice.logNormal(LENGTH_MS_MEDIAN, LENGTH_SPREAD));
    if (lengthMs >= LENGTH_MS_MIN && lengthMs <= LENGTH_MS_MAX) return lengthMs;
  }
}

/** How many come in a day of which the mean is known, each by itself. */
function countOf(mean: number, dice: Dice): number {
  let count = 0;
  for (let at = dice.exponential(1); at < mean; at += dice.exponential(1)) count += 1;
  return count;
}
