import { bodyOf } from './body.ts';
import { kindOf } from './kinds.ts';
import { cutLine, line, type Line, type Size } from './line.ts';
import { topView, type Model, type View } from './model.ts';
import { footerLines } from './views/footer.ts';
import { headerLines } from './views/header.ts';

/** The smallest screen on which everything has its place. */
export const SIZE_MIN: Size = { columns: 60, rows: 12 };

/** The whole screen: as many lines as it has rows, none wider than it has columns. */
export function frame(model: Model): readonly Line[] {
  const { size, look } = model;
  if (size.columns < SIZE_MIN.columns || size.rows < SIZE_MIN.rows) return tooSmall(size);
  const head = model.zoomed ? [] : headerLines(model);
  const foot = footerLines(model);
  const view = topView(model);
  const room = bodyOf(model);
  const body = kindOf<View>(view).lines(model, view, room).slice(0, room.rows);
  const free = Array.from({ length: room.rows - body.length }, () => line(''));
  return [...head, ...body, ...free, ...foot].map((each) => cutLine(each, size.columns, look));
}

function tooSmall({ columns, rows }: Size): readonly Line[] {
  const text = `${columns}x${rows} is too small: ${SIZE_MIN.columns}x${SIZE_MIN.rows} is needed. q quits`;
  const lines = Array.from({ length: Math.ceil(text.length / Math.max(1, columns)) }, (_, index) =>
    line(text.slice(index * columns, (index + 1) * columns)),
  );
  return lines.slice(0, rows);
}
