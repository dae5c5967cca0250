/** How many lines of context stay on the screen when a page is turned. */
const OVERLAP = 1;

/** A document is never scrolled beyond its end. */
export const scrolled = (top: number, by: number, height: number, count: number): number =>
  bounded(top + by, 0, Math.max(0, count - height));

export const pageOf = (height: number): number => Math.max(1, height - OVERLAP);

export const bounded = (value: number, min: number, max: number): number => Math.max(min, Math.min(max, value));
