/**
 * Time and chance as arguments. Only the daemon's clock makes moments; everything here is arithmetic.
 */
declare const unit: unique symbol;

/** Milliseconds of a monotonic clock; only comparable within one boot. */
export type Mono = number & { readonly [unit]: 'monotonic ms' };
/** Milliseconds since the epoch; shown to people, never used to measure a duration within one boot. */
export type Wall = number & { readonly [unit]: 'ms since epoch' };

export const mono = (ms: number): Mono => ms as Mono;
export const wall = (ms: number): Wall => ms as Wall;

/** A point in time as it is stored: comparable within a boot by `mono`, over a reboot by `wall`. */
export type Stamp = { readonly mono: Mono; readonly wall: Wall; readonly boot: string };

/** What the host hands to every step: the time on both clocks, the boot, and one random number in [0, 1). */
export type Moment = Stamp & { readonly roll: number };

/** A deadline carries the clock it means. */
export type MonoDeadline = { readonly clock: 'mono'; readonly at: Mono };
export type Deadline = MonoDeadline | { readonly clock: 'wall'; readonly at: Wall };

export const stampOf = (moment: Stamp): Stamp => ({
  mono: moment.mono,
  wall: moment.wall,
  boot: moment.boot,
});

export const after = (moment: Stamp, delayMs: number): MonoDeadline => ({
  clock: 'mono',
  at: mono(moment.mono + delayMs),
});

export const later = ({ clock, at }: MonoDeadline, delayMs: number): MonoDeadline => ({
  clock,
  at: mono(at + delayMs),
});

/** The earlier of two. */
export const earlierOf = (one: MonoDeadline, other: MonoDeadline): MonoDeadline => (one.at <= other.at ? one : other);

/** The later of two. */
export const laterOf = (one: MonoDeadline, other: MonoDeadline): MonoDeadline => (one.at >= other.at ? one : other);

export const isDue = (deadline: Deadline, moment: Stamp): boolean => moment[deadline.clock] >= deadline.at;

/** The wall time at which a deadline is expected, for people. */
export const expectedAt = (deadline: Deadline, moment: Stamp): Wall =>
  deadline.clock === 'wall' ? deadline.at : wall(moment.wall + (deadline.at - moment.mono));

/** Milliseconds from one stamp to a later one; a wall jump within a boot does not count. */
export const elapsedMs = (from: Stamp, to: Stamp): number =>
  Math.max(0, from.boot === to.boot ? to.mono - from.mono : to.wall - from.wall);

/** Whether something happened after something else; a wall jump within a boot does not count. */
export const isLater = (one: Stamp, other: Stamp): boolean =>
  one.boot === other.boot ? one.mono > other.mono : one.wall > other.wall;

/** Idleness is the larger of both differences: a laptop that slept was idle, though its monotonic clock stood still. */
export const idleMs = (since: Stamp, now: Stamp): number => Math.max(elapsedMs(since, now), now.wall - since.wall);

/**
 * After a reboot the monotonic clock starts anew: every monotonic deadline in a plain value is
 * moved by what the wall clock says has passed, and that is nothing when it was set back meanwhile.
 * The walk is generic so that no deadline is forgotten.
 */
export function rebase<T>(value: T, last: Stamp, now: Stamp): T {
  const shiftMs = now.mono - last.mono - Math.max(0, now.wall - last.wall);
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node);
    const record = node as Record<string, unknown>;
    if (record['clock'] === 'mono' && typeof record['at'] === 'number') {
      return { ...record, at: Math.max(now.mono, record['at'] + shiftMs) };
    }
    return Object.fromEntries(entries.map(([key, child]) => [key, walk(child)]));
  };
  return walk(value) as T;
}
