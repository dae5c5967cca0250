/** Where the room beside an indent is too small to read in. */
const ROOM_MIN = 20;

/**
 * A line that is longer than `width` goes on below, `hang` characters in. Words stay whole, so that a path that does
 * not fit can still be copied.
 */
export function wrap(line: string, width: number, hang: number): string {
  const indent = ' '.repeat(hang + ROOM_MIN <= width ? hang : Math.min(hang, 2));
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = breakOf(rest, width, lines.length === 0 ? hang : indent.length);
    if (at === -1) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = `${indent}${rest.slice(at).trimStart()}`;
  }
  return [...lines, rest].join('\n');
}

/** Every line of a text, each for itself. */
export const wrapLines = (text: string, width: number, hang: number): string =>
  width === Infinity
    ? text
    : text
        .split('\n')
        .map((line) => wrap(line, width, hang))
        .join('\n');

/** The last space that fits, behind what must stay together; else the first one after; -1 when there is none. */
function breakOf(line: string, width: number, from: number): number {
  const begin = Math.max(from, line.length - line.trimStart().length);
  const fitting = line.lastIndexOf(' ', width);
  if (fitting > begin) return fitting;
  const next = line.indexOf(' ', begin + 1);
  return next === -1 || line.slice(next).trim() === '' ? -1 : next;
}
