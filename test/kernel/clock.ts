import { mono, wall, type Moment } from '../../src/kernel/moment.ts';
import { START_WALL } from './fleet-of.ts';

/** The time of the model: both clocks, which a test moves. */
export class Clock {
  now = 0;
  roll = 0.5;
  #boot = 1;
  #monoBase = 1_000_000;
  #wallShiftMs = 0;

  get moment(): Moment {
    return {
      mono: mono(this.#monoBase + this.now),
      wall: wall(this.wallNow),
      boot: `boot-${this.#boot}`,
      roll: this.roll,
    };
  }

  get wallNow(): number {
    return START_WALL + this.now + this.#wallShiftMs;
  }

  /** Time passes; nobody ticks. */
  pass(ms: number): void {
    this.now += ms;
  }

  jumpWall(ms: number): void {
    this.#wallShiftMs += ms;
  }

  /** The machine takes so long to be there again; its monotonic clock begins anew. */
  boots(tookMs: number): void {
    this.now += tookMs;
    this.#boot += 1;
    this.#monoBase = 5_000 - this.now;
  }
}
