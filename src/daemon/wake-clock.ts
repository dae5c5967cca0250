import type { WorldEvent } from '../kernel/events.ts';
import type { Agent, Fleet } from '../kernel/fleet.ts';
import type { Clock } from './clock.ts';

/** What a clock on the wall shows. */
export type LocalTime = {
  /** Days since some day: only their order and difference mean something. */
  readonly day: number;
  /** Minutes since midnight as the clock shows them, so that an hour may be missing or come twice. */
  readonly minute: number;
};

/** What is remembered of one agent's time of day. */
export type WakeMark = {
  /** 'HH:MM' */
  readonly at: string;
  /** The day on which that time has last passed, as the clock showed it at the last look. */
  readonly passed: number;
  /** The last day of which nothing is to be told any more. */
  readonly told: number;
};

export type WakeClockOptions = {
  readonly clock: Clock;
  readonly fleet: () => Fleet;
  readonly submit: (event: WorldEvent) => Promise<void>;
};

const DAY_MS = 86_400_000;

/** Tells when it is the time of day at which an agent that is up wants to be renewed. */
export class WakeClock {
  readonly #options: WakeClockOptions;
  #marks: ReadonlyMap<Agent['id'], WakeMark> = new Map();

  constructor(options: WakeClockOptions) {
    this.#options = options;
  }

  /** Looks at the clock once. Of several agents whose time it is one is told at each look: they need not begin at once. */
  check(): void {
    const { clock, fleet, submit } = this.#options;
    const now = localTime(new Date(clock.now().wall));
    const marks = new Map<Agent['id'], WakeMark>();
    let told = false;
    for (const { id, spec, state } of Object.values(fleet().agents)) {
      const { at } = spec.idleWake;
      if (at === null) continue;
      const known = this.#marks.get(id) ?? null;
      const { mark, isDue } = wakeAt(known, now, at);
      // Who is being started is new already.
      const isTold = isDue && state.at === 'running';
      marks.set(id, isTold && told && known !== null ? known : mark);
      if (isTold && !told) void submit({ type: 'wake-time', agent: spec.name });
      told ||= isTold;
    }
    this.#marks = marks;
  }
}

/**
 * Whether `at` has passed since the last look, once for each local day. A machine that slept over it, even for days, is
 * told once; a time that a change to summer time skips passes with the next minute that there is; of one that comes twice,
 * and of one to which the clock was set back, the first counts. What had passed before the first look is not told.
 */
export function wakeAt(
  before: WakeMark | null,
  now: LocalTime,
  at: string,
): { readonly mark: WakeMark; readonly isDue: boolean } {
  const passed = now.minute >= minuteOf(at) ? now.day : now.day - 1;
  if (before?.at !== at) return { mark: { at, passed, told: passed }, isDue: false };
  const isDue = passed > before.passed && passed !== before.told;
  return { mark: { at, passed, told: isDue ? passed : before.told }, isDue };
}

/** In the time zone of this machine. */
export function localTime(date: Date): LocalTime {
  return {
    day: Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS,
    minute: date.getHours() * 60 + date.getMinutes(),
  };
}

function minuteOf(at: string): number {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  return hours * 60 + minutes;
}
