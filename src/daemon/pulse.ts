import { uptime } from 'node:os';
import type { Lost } from '../kernel/time-lost.ts';

/**
 * Two clocks in milliseconds: CLOCK_MONOTONIC stands still while a Linux machine sleeps, the time since its start does not. The wall
 * clock is not asked: when somebody sets it, no time is lost.
 */
export type Reading = { readonly mono: number; readonly sinceStart: number };

/** The pulse is felt once a second, and before every event; a longer pause means that nobody was there. */
export const STANDSTILL_MS_MIN = 3_000;
/** Less is what two clocks differ by that are not read at one instant. */
export const ASLEEP_MS_MIN = 3_000;

export type Lag = {
  /** How often so much time was lost since the daemon began. */
  readonly times: number;
  readonly longestMs: number;
};

const read = (): Reading => ({ mono: performance.now(), sinceStart: uptime() * 1_000 });

/** Notices that time has passed in which this process did not run. */
export class Pulse {
  readonly #read: () => Reading;
  #last: Reading;
  #lag: Lag = { times: 0, longestMs: 0 };

  constructor(readClocks: () => Reading = read) {
    this.#read = readClocks;
    this.#last = readClocks();
  }

  get lag(): Lag {
    return this.#lag;
  }

  /** @returns what was lost since it was last asked; null when it was there all the time. */
  feel(): Lost | null {
    const now = this.#read();
    const countedMs = now.mono - this.#last.mono;
    const asleepMs = now.sinceStart - this.#last.sinceStart - countedMs;
    this.#last = now;
    const lost = {
      countedMs: countedMs < STANDSTILL_MS_MIN ? 0 : Math.round(countedMs),
      asleepMs: asleepMs < ASLEEP_MS_MIN ? 0 : Math.round(asleepMs),
    };
    const longestMs = Math.max(lost.countedMs, lost.asleepMs);
    if (longestMs === 0) return null;
    this.#lag = { times: this.#lag.times + 1, longestMs: Math.max(this.#lag.longestMs, longestMs) };
    return lost;
  }
}
