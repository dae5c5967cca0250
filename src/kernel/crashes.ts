import { jittered } from './delay.ts';
import type { Crashes } from './fleet.ts';
import { elapsedMs, stampOf, type Moment } from './moment.ts';
import type { RestartPolicy } from './spec.ts';

export const noCrashes: Crashes = { count: 0, delayMs: 0, recent: [], looping: false };

/** An agent that crashes in a loop is tried again this seldom. */
export const PROBE_MS = 30 * 60_000;

/** By then every maximum is reached; without a bound a delay of 0 would be multiplied by infinity. */
const DOUBLINGS_MAX = 30;

/**
 * Has this run shown that the crashes are over? A good answer and an uptime of twice the last delay; an agent that
 * merely lives a little longer than the delay has shown nothing.
 */
export function crashesAreOver(
  crashes: Crashes,
  run: { readonly uptimeMs: number; readonly answered: boolean },
  mode: 'stream' | 'command',
): boolean {
  return (run.answered || mode === 'command') && run.uptimeMs >= 2 * crashes.delayMs;
}

/**
 * Counts one more crash; `delayMs` is the pause before the next start, null when there were too many. A probe of an
 * agent that crashes in a loop is one more of them, so that the next one is again a probe.
 */
export function addCrash(
  crashes: Crashes,
  policy: RestartPolicy,
  jitter: number,
  moment: Moment,
): { readonly crashes: Crashes; readonly delayMs: number | null } {
  const recent = [
    ...crashes.recent.filter((at) => elapsedMs(at, moment) < policy.crashWindowMs),
    stampOf(moment),
  ].slice(-policy.crashesMax);
  const count = crashes.count + 1;
  const doubled = Math.min(policy.delayMsMax, policy.delayMsMin * 2 ** Math.min(count - 1, DOUBLINGS_MAX));
  const looping = crashes.looping || recent.length >= policy.crashesMax;
  const counted = { count, delayMs: doubled, recent, looping };
  if (looping) return { crashes: counted, delayMs: null };
  return { crashes: counted, delayMs: jittered(doubled, moment.roll, { ...policy, jitter }) };
}
