import { jittered } from './delay.ts';
import { after, elapsedMs, type MonoDeadline, type Moment, type Stamp } from './moment.ts';
import type { QuietPolicy } from './spec.ts';

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
