import { jittered } from './delay.ts';
import { attemptOffsets, type SeenWindow } from './inspection.ts';
import { after, elapsedMs, type MonoDeadline, type Moment, type Stamp } from './moment.ts';
import type { QuietPolicy } from './spec.ts';
import type { Gate, LearnedPlan } from './trouble.ts';

/** Beyond this age of an incident the quiet delay may grow to `longDelayMsMax`. */
export const LONG_INCIDENT_MS = 60 * 60_000;

/** A held agent tries this seldom. */
export const SLOW_ATTEMPT_MS = 30 * 60_000;

/**
 * The pause before the next attempt: `delayMsMin`, doubling to `delayMsMax`, and once the incident is old on to
 * `longDelayMsMax`. The jitter is drawn once; the bounds hold after it too.
 */
export function quietDelay(
  policy: QuietPolicy,
  lastDelayMs: number,
  incidentOpenedAt: Stamp,
  moment: Moment,
): { readonly delayMs: number; readonly until: MonoDeadline } {
  const isLong = elapsedMs(incidentOpenedAt, moment) > LONG_INCIDENT_MS;
  const max = isLong ? Math.max(policy.longDelayMsMax, policy.delayMsMax) : policy.delayMsMax;
  const delayMs = Math.min(max, lastDelayMs === 0 ? policy.delayMsMin : lastDelayMs * 2);
  return { delayMs, until: after(moment, jittered(delayMs, moment.roll, { ...policy, delayMsMax: max })) };
}

/**
 * When the next attempt at a gate comes. An adaptive policy learns it at the first time from the windows seen so far, and
 * keeps that for the incident; as long as too few were seen it does what the schedule says.
 */
export function nextQuiet(
  policy: QuietPolicy,
  { delayMs: lastDelayMs, learned: known }: Gate,
  incidentOpenedAt: Stamp,
  seen: readonly SeenWindow[],
  moment: Moment,
): Pick<Gate, 'delayMs' | 'next' | 'learned'> {
  const plan = policy.strategy === 'adaptive' ? (known ?? learn(policy, seen)) : null;
  if (plan === null) {
    const { delayMs, until } = quietDelay(policy, lastDelayMs, incidentOpenedAt, moment);
    return { delayMs, next: until };
  }
  const { delayMsMin, longDelayMsMax } = policy;
  const sinceMs = elapsedMs(incidentOpenedAt, moment);
  const index = plan.offsets.findIndex((offset, place) => place >= plan.taken && offset > sinceMs);
  const offset = plan.offsets[index] ?? Infinity;
  const delayMs = Math.max(delayMsMin, Math.min(longDelayMsMax, offset - sinceMs));
  const taken = index === -1 ? plan.offsets.length : index + 1;
  const jitteredMs = jittered(delayMs, moment.roll, { ...policy, delayMsMax: longDelayMsMax });
  return { delayMs, next: after(moment, jitteredMs), learned: { ...plan, taken } };
}

function learn(policy: QuietPolicy, seen: readonly SeenWindow[]): LearnedPlan | null {
  const offsets = attemptOffsets(seen, policy);
  return offsets === null ? null : { offsets, taken: 0, windows: seen.length };
}
