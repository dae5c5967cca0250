import type { Size } from './line.ts';
import type { Model } from './model.ts';

/** Of the header above the view and the footer below it; a zoomed view has the header's lines, too. */
const AROUND = 6;
const AROUND_ZOOMED = 2;

/**
 * The room of the top view, for keys that turn pages and find the end. Where it is a few lines smaller than what is
 * painted, a page is shorter; nothing becomes unreachable.
 */
export const bodyOf = ({ size, zoomed }: Model): Size => ({
  columns: size.columns,
  rows: Math.max(1, size.rows - (zoomed ? AROUND_ZOOMED : AROUND)),
});
