/** How many lines of context stay on the screen when a page is turned. */
const OVERLAP = 1;

/** The first line of a window of that height, moved no farther than needed so that the chosen one is in it. */
export function topFor(chosen: number, top: number, height: number, count: number): number {
  const least = chosen - height + 1;
  return bounded(Math.min(Math.max(top, least), chosen), 0, Math.max(0, count - height));
}

/** A document is never scrolled beyond its end. */
export const scrolled = (top: number, by: number, height: number, count: number): number =>
  bounded(top + by, 0, Math.max(0, count - height));

export const pageOf = (height: number): number => Math.max(1, height - OVERLAP);

export const bounded = (value: number, min: number, max: number): number => Math.max(min, Math.min(max, value));
