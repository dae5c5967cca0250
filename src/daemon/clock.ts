import { stampNow } from '../home/now.ts';
import type { Moment } from '../kernel/moment.ts';

/** Where all time and chance come from that a decision may depend on. */
export interface Clock {
  now(): Moment;
  /** Calls back once after at least `delayMs`; gives the way to call it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** `setTimeout` fires at once beyond 2^31 ms (24.8 days); longer waits are made of several. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export function systemClock(boot: string): Clock {
  return {
    now: () => ({ ...stampNow(boot), roll: Math.random() }),
    after: chainedTimer,
  };
}

function chainedTimer(delayMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const nowMs = Math.min(leftMs, TIMER_MS_MAX);
    timer = setTimeout(() => (leftMs > nowMs ? arm(leftMs - nowMs) : callback()), nowMs);
  };
  arm(Math.max(0, delayMs));
  return () => clearTimeout(timer);
}
