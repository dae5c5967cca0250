import { cutLine, fitted, span, widthOf, type Align, type Line, type Look, type Span, type Tone } from './line.ts';

export type Column<Row> = {
  readonly title: string;
  readonly align?: Align;
  /** The order in which columns give way on a narrow screen, lowest first; one without it stays. */
  readonly yields?: number;
  /** How short its cells may be cut before columns give way; without it they are never cut. */
  readonly shortest?: number;
  readonly cell: (row: Row) => string;
  readonly tone?: (row: Row) => Tone | undefined;
};

type Measured<Row> = { readonly column: Column<Row>; readonly natural: number; readonly least: number };

const GAP = 2;

/** Columns are measured over all rows, so that they stand still; a line is made when it is on the screen. */
export type Table = { readonly head: Line; readonly lines: readonly (() => Line)[] };

/**
 * Aligned columns, the head first. Where they do not fit, cells are cut as far as their columns allow, then columns
 * give way one after the other. One that yields and has nothing to say is not shown.
 */
export function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number, look: Look): Table {
  const cells = new Map(columns.map((column) => [column, rows.map((row) => oneLine(column.cell(row)))]));
  const measured = columns.flatMap((column): readonly Measured<Row>[] => {
    const widest = (cells.get(column) ?? []).reduce((most, cell) => Math.max(most, roughWidth(cell, width)), 0);
    if (widest === 0 && column.yields !== undefined) return [];
    const natural = Math.max(widest, column.title.length);
    return [{ column, natural, least: Math.min(natural, column.shortest ?? natural) }];
  });
  const shown = widthsOf(fitting(measured, width), width);
  const lineOf = (spanOf: (column: Column<Row>) => Span): Line =>
    cutLine(
      shown.flatMap(({ column, room }, index) => {
        const isLast = index === shown.length - 1;
        const { text, ...style } = spanOf(column);
        const fit = fitted(text, room, column.align ?? 'left', look);
        return [span(isLast ? fit.trimEnd() : fit, style), ...(isLast ? [] : [span(' '.repeat(GAP))])];
      }),
      width,
      look,
    );
  return {
    head: lineOf(({ title }) => span(title, { bold: true })),
    lines: rows.map(
      (row, index) => () =>
        lineOf((column) => {
          const tone = column.tone?.(row);
          return span(cells.get(column)?.[index] ?? '', tone === undefined ? {} : { tone });
        }),
    ),
  };
}

/** Whether a text is far too long is all that matters of it: what is beyond is not measured, that is slow. */
const roughWidth = (text: string, width: number): number => widthOf(text.slice(0, width));

/** What an agent printed may have several lines; a cell has one. */
export const oneLine = (text: string): string => text.replaceAll('\n', ' ');

function fitting<Row>(measured: readonly Measured<Row>[], width: number): readonly Measured<Row>[] {
  const yielding = measured
    .filter(({ column }) => column.yields !== undefined)
    .toSorted((one, other) => (one.column.yields ?? 0) - (other.column.yields ?? 0));
  let shown = measured;
  for (const next of yielding) {
    if (leastOf(shown) <= width) break;
    shown = shown.filter((one) => one !== next);
  }
  return shown;
}

const leastOf = <Row>(shown: readonly Measured<Row>[]): number =>
  shown.reduce((sum, { least }) => sum + least + GAP, -GAP);

/** What room is left goes to those that were cut, from the left. */
function widthsOf<Row>(
  shown: readonly Measured<Row>[],
  width: number,
): readonly { readonly column: Column<Row>; readonly room: number }[] {
  let free = Math.max(0, width - leastOf(shown));
  return shown.map(({ column, natural, least }) => {
    const more = Math.min(natural - least, free);
    free -= more;
    return { column, room: least + more };
  });
}
