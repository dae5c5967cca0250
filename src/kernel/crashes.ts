import type { Crashes } from './fleet.ts';
import { elapsedMs, type Moment } from './moment.ts';
import type { RestartPolicy } from './spec.ts';

export const noCrashes: Crashes = { count: 0, delayMs: 0, recent: [], looping: false };

/** An agent that crashes in a loop is tried again this seldom. */
export const PROBE_MS = 30 * 60_000;

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
 * Counts one more crash; `delayMs` is the pause before the next start, null when there were too many. A probe of an agent
 * that crashes in a loop is one more of them, so that the next one is again a probe.
 */
export function addCrash(
  crashes: Crashes,
  policy: RestartPolicy,
  jitter: number,
  moment: Moment,
): { readonly crashes: Crashes; readonly delayMs: number | null } {
  const recent = [
    ...crashes.recent.filter((at) => elapsedMs(at, moment) < policy.crashWindowMs),
    { mono: moment.mono, wall: moment.wall, boot: moment.boot },
  ].slice(-policy.crashesMax);
  const count = crashes.count + 1;
  const doubled = Math.min(policy.delayMsMax, policy.delayMsMin * 2 ** Math.min(count - 1, 30));
  const looping = crashes.looping || recent.length >= policy.crashesMax;
  const counted = { count, delayMs: doubled, recent, looping };
  if (looping) return { crashes: counted, delayMs: null };
  const jittered = Math.round(doubled * (1 + jitter * (2 * moment.roll - 1)));
  return { crashes: counted, delayMs: Math.min(policy.delayMsMax, Math.max(policy.delayMsMin, jittered)) };
}
