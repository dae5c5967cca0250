import type { Size } from './line.ts';
import type { Model } from './model.ts';

/** Of the header above and of the footer below a view. */
const FRAME_ROWS = 3;

/** What a view has for itself: keys turn pages of that height. */
export const bodySize = ({ size, zoomed }: Model): Size => ({
  columns: size.columns,
  rows: Math.max(0, size.rows - (zoomed ? 1 : FRAME_ROWS)),
});
