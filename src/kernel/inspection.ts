import { must } from './invariant.ts';
import type { QuietPolicy } from './spec.ts';

/**
 * When to look whether a door is open, if nobody tells: the classical problem of optimal inspection (Barlow, Hunter and
 * Proschan, 1963). Each look has a price, and so has the time from the opening until the look that finds it. Their
 * recursion needs a smooth density; of what a fleet has seen there are steps only, so the best times are found among the
 * points of a grid, backwards from its end.
 */

/**
 * How long a window lasted, as far as it was seen, from the begin of its incident on: it was shut at `shutMs`, when an
 * attempt was rejected last, and open at `openMs`, when the process began that was answered. Null: nobody has seen it open.
 */
export type SeenWindow = {
  readonly incident: string;
  readonly shutMs: number;
  readonly openMs: number | null;
};

type Bounds = Pick<QuietPolicy, 'delayMsMin' | 'longDelayMsMax'>;

/** From so many windows on their lengths decide. */
export const WINDOWS_ENOUGH = 20;
/** Of the offsets of a plan; behind the last one attempts are as seldom as the policy allows. */
export const OFFSETS_MAX = 200;

/**
 * An attempt is worth so much time down: more makes fewer attempts and more time down. Chosen on simulated windows, where it
 * gives less of both than the schedule; see docs/adr/0011.
 */
const ATTEMPT_COST_MS = 17_500;

/** What is planned reaches so far at least: the longest windows of the field. */
const HORIZON_MS = 8 * 60 * 60_000;
/** In terms of the longest pause, so that also a very slow policy has some attempts to choose. */
const HORIZON_PAUSES = 4;
/** The grid is as fine as this part of the shortest pause at its begin, and later as this part of the time since then. */
const FINEST_PART = 8;
const GROWTH = 0.04;
const POINTS_MAX = 2_000;

/** Rounds of the estimate: more of them would only follow the noise. */
const ROUNDS = 10;
/** Windows of no particular length that count as seen, so that none is impossible. */
const PRIOR_WINDOWS = 1;
/** A point is smoothed with so many on either side, about a third of the time since the begin. */
const SMOOTHED_POINTS = 8;

/**
 * When to attempt, in ms since the begin of an incident, for windows as long as those seen; null when too few were seen. The
 * offsets grow, and from each to the next it is at least `delayMsMin` and at most `longDelayMsMax`.
 */
export function attemptOffsets(seen: readonly SeenWindow[], bounds: Bounds): readonly number[] | null {
  if (seen.length < WINDOWS_ENOUGH) return null;
  const points = gridOf(bounds);
  return cheapest(points, estimate(seen, points), bounds);
}

/** Points in time, the first 0. */
function gridOf({ delayMsMin, longDelayMsMax }: Bounds): readonly number[] {
  const end = Math.max(HORIZON_MS, HORIZON_PAUSES * longDelayMsMax);
  const points = [0];
  for (let at = delayMsMin; at <= end && points.length < POINTS_MAX;) {
    points.push(at);
    const step = Math.min(at * GROWTH, longDelayMsMax / FINEST_PART);
    at += Math.max(1, Math.round(Math.max(step, delayMsMin / FINEST_PART)));
  }
  return points;
}

/**
 * How likely a window ends between a point and the one before it. What was seen are intervals, since an attempt only shows
 * that it was still shut: each is spread over its interval in proportion to the estimate, again and again (Turnbull 1976), and
 * the estimate is smoothed each time (Silverman and others 1990): a fleet has seen few, and a plan that runs after each of them
 * costs more time down. An interval without an end is spread over all that lies behind its begin.
 */
function estimate(seen: readonly SeenWindow[], points: readonly number[]): readonly number[] {
  const last = points.length - 1;
  const intervals = seen.map(({ shutMs, openMs }) => {
    const from = firstAtLeast(points, shutMs);
    return { from, to: openMs === null ? last : Math.max(from, firstAtLeast(points, openMs)) };
  });
  const evenly = (whole: number): number[] => points.map((_, index) => (index === 0 ? 0 : whole / last));
  let likely: readonly number[] = evenly(1);
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = evenly(PRIOR_WINDOWS);
    for (const { from, to } of intervals) {
      let whole = 0;
      for (let at = from; at <= to; at += 1) whole += partAt(likely, at);
      for (let at = from; at <= to; at += 1) next[at] = partAt(next, at) + partAt(likely, at) / whole;
    }
    likely = averaged(averaged(next)).map((weight) => weight / (seen.length + PRIOR_WINDOWS));
  }
  return likely;
}

const partAt = (parts: readonly number[], at: number): number => must(parts[at], 'it is a point of the grid');

/** Each point becomes the mean of those around it. At both ends they are mirrored, so that nothing is lost. */
function averaged(weights: readonly number[]): readonly number[] {
  const last = weights.length - 1;
  return weights.map((_, index) => {
    if (index === 0) return 0;
    let sum = 0;
    for (let at = index - SMOOTHED_POINTS; at <= index + SMOOTHED_POINTS; at += 1) {
      const mirrored = at < 1 ? 1 - at : at > last ? 2 * last + 1 - at : at;
      sum += partAt(weights, Math.min(last, Math.max(1, mirrored)));
    }
    return sum / (2 * SMOOTHED_POINTS + 1);
  });
}

/** The index of the first point at or after a time; the last one for what lies beyond. */
function firstAtLeast(points: readonly number[], at: number): number {
  const found = points.findIndex((point) => point >= at);
  return found === -1 ? points.length - 1 : Math.max(1, found);
}

/**
 * The cheapest way over the grid. From a point the cost that is still to come is the price of the next attempt, if it comes
 * to that, and for the windows that end before it the time from their end until it, and then what comes from there.
 */
function cheapest(points: readonly number[], likely: readonly number[], bounds: Bounds): readonly number[] {
  const { ended, endedMs } = sumsOf(points, likely);
  const cost = points.map(() => 0);
  const nextOf = points.map((): number | null => null);
  for (let from = points.length - 1; from >= 0; from -= 1) {
    const isShut = partAt(ended, points.length - 1) - partAt(ended, from);
    let best = Infinity;
    for (let to = from + 1; to < points.length; to += 1) {
      const at = partAt(points, to);
      const pauseMs = at - partAt(points, from);
      if (pauseMs > bounds.longDelayMsMax) break;
      if (pauseMs < bounds.delayMsMin) continue;
      const opened = partAt(ended, to) - partAt(ended, from);
      const lateMs = at * opened - (partAt(endedMs, to) - partAt(endedMs, from));
      const total = ATTEMPT_COST_MS * isShut + lateMs + partAt(cost, to);
      if (total >= best) continue;
      best = total;
      nextOf[from] = to;
    }
    cost[from] = best === Infinity ? 0 : best;
  }
  const offsets: number[] = [];
  for (let at = nextOf[0]; typeof at === 'number' && offsets.length < OFFSETS_MAX; at = nextOf[at]) {
    offsets.push(partAt(points, at));
  }
  return offsets;
}

/** Up to each point: how likely a window has ended, and when, each as if in the middle between two points. */
function sumsOf(
  points: readonly number[],
  likely: readonly number[],
): { readonly ended: readonly number[]; readonly endedMs: readonly number[] } {
  const ended = [0];
  const endedMs = [0];
  for (let at = 1; at < points.length; at += 1) {
    const part = partAt(likely, at);
    const middleMs = (partAt(points, at - 1) + partAt(points, at)) / 2;
    ended.push(partAt(ended, at - 1) + part);
    endedMs.push(partAt(endedMs, at - 1) + part * middleMs);
  }
  return { ended, endedMs };
}
