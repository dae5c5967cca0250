import type { IBufferCell } from '@xterm/headless';

/** Of one character, in pixels; text is stretched to it, so that every monospaced font stands in columns. */
const CELL_WIDTH = 8.4;
const CELL_HEIGHT = 18;
const PADDING = 14;
/** From the top of a line to the foot of its letters. */
const BASELINE = 13.5;
const FONT_SIZE = 14;
const FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

const BACKGROUND = '#16181d';
const FOREGROUND = '#d7dae0';
/** The sixteen colours of a dark terminal. */
const PALETTE = [
  '#3b4048',
  '#f2777a',
  '#8fce7e',
  '#f0c674',
  '#7aa6da',
  '#c397d8',
  '#6cc7c7',
  '#d7dae0',
  '#6b727d',
  '#ff9da4',
  '#b3e3a6',
  '#ffe2a0',
  '#a6c8f0',
  '#dcbcec',
  '#9be0e0',
  '#ffffff',
] as const;
const DIM = 0.62;

type Style = {
  readonly colour: string;
  readonly background: string;
  readonly bold: boolean;
  readonly dim: boolean;
};

type Run = { readonly style: Style; readonly x: number; readonly text: string; readonly width: number };

/** A screen as a picture: its text as text, its sixteen colours, bold, dim and inverse. */
export function terminalSvg(rows: readonly (readonly IBufferCell[])[], title: string): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const width = round(columns * CELL_WIDTH + 2 * PADDING);
  const height = rows.length * CELL_HEIGHT + 2 * PADDING;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>`,
    `<g font-family="${FONTS}" font-size="${FONT_SIZE}" xml:space="preserve">`,
    ...rows.flatMap((row, y) => runsOf(row).flatMap((run) => runSvg(run, PADDING + y * CELL_HEIGHT))),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function runSvg({ style, x, text, width }: Run, top: number): readonly string[] {
  const left = round(PADDING + x * CELL_WIDTH);
  const wide = round(width * CELL_WIDTH);
  const rect = `<rect x="${left}" y="${top}" width="${wide}" height="${CELL_HEIGHT}" fill="${style.background}"/>`;
  const looks = [
    `fill="${style.colour}"`,
    ...(style.bold ? ['font-weight="bold"'] : []),
    ...(style.dim ? [`opacity="${DIM}"`] : []),
  ];
  const place = `x="${left}" y="${round(top + BASELINE)}" textLength="${wide}" lengthAdjust="spacingAndGlyphs"`;
  return [
    ...(style.background === BACKGROUND ? [] : [rect]),
    ...(text.trim() === '' ? [] : [`<text ${place} ${looks.join(' ')}>${escaped(text)}</text>`]),
  ];
}

/** Neighbours that look the same; blanks of some length part them, for they need no ink. */
function runsOf(row: readonly IBufferCell[]): readonly Run[] {
  const runs: Run[] = [];
  row.forEach((cell, x) => {
    if (cell.getWidth() === 0) return;
    const style = styleOf(cell);
    const last = runs.at(-1);
    const text = cell.getChars() || ' ';
    const isNext = last !== undefined && last.x + last.width === x && sameStyle(last.style, style);
    if (isNext && !(last.text.endsWith('  ') && text !== ' ' && style.background === BACKGROUND))
      runs[runs.length - 1] = { ...last, text: last.text + text, width: last.width + cell.getWidth() };
    else runs.push({ style, x, text, width: cell.getWidth() });
  });
  return runs.map(trimmed);
}

/** Blanks at the end would be stretched with the text. */
function trimmed(run: Run): Run {
  if (run.style.background !== BACKGROUND) return run;
  const text = run.text.trimEnd();
  return { ...run, text, width: run.width - (run.text.length - text.length) };
}

function styleOf(cell: IBufferCell): Style {
  const front = cell.isFgPalette() ? (PALETTE[cell.getFgColor()] ?? FOREGROUND) : FOREGROUND;
  const back = cell.isBgPalette() ? (PALETTE[cell.getBgColor()] ?? BACKGROUND) : BACKGROUND;
  const [colour, background] = cell.isInverse() !== 0 ? [back, front] : [front, back];
  return { colour, background, bold: cell.isBold() !== 0, dim: cell.isDim() !== 0 };
}

const sameStyle = (one: Style, other: Style): boolean =>
  one.colour === other.colour &&
  one.background === other.background &&
  one.bold === other.bold &&
  one.dim === other.dim;

const round = (pixels: number): number => Math.round(pixels * 10) / 10;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
