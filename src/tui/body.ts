import type { Size } from './line.ts';
import type { Model } from './model.ts';

/** Below this height the header says only the most important. */
const ROWS_FULL = 18;
export const FOOTER_ROWS = 2;

export function headerRows({ size, fleet, zoomed }: Model): number {
  if (zoomed) return 0;
  return fleet === null || size.rows < ROWS_FULL ? 2 : 3;
}

/** What a view has for itself, between header and footer: keys turn pages of that height. */
export const bodyOf = (model: Model): Size => ({
  columns: model.size.columns,
  rows: Math.max(0, model.size.rows - headerRows(model) - FOOTER_ROWS),
});
