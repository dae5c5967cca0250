export type Column = {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The order in which columns give way on a narrow terminal, lowest first; a column without it stays. */
  readonly yields?: number;
  /** How short its cells may be cut when nothing more gives way. */
  readonly shortest?: number;
};

export type TableLook = {
  readonly width: number;
  readonly ellipsis: string;
  /** Colours a cell; asked after everything has been measured. */
  readonly paint?: (cell: string, row: number, column: Column) => string;
};

type Cells = readonly string[];

const GAP = '  ';

/** Aligned columns; those that yield go one by one until the table fits, then the longest cells are cut. */
export function table(columns: readonly Column[], rows: readonly Cells[], look: TableLook): Cells {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((cells) => cells[index]?.length ?? 0)));
  const shown = fitting(columns, widths, look.width);
  const room = new Map(shown.map((index) => [index, roomOf(columns, widths, shown, index, look.width)]));
  return all.map((cells, row) => {
    const parts = shown.map((index) => {
      const cell = cut(cells[index] ?? '', room.get(index) ?? 0, look.ellipsis);
      return { cell, column: columns[index], space: ' '.repeat((room.get(index) ?? 0) - cell.length) };
    });
    const plain = parts.map(({ cell, column, space }) => aligned(cell, space, column)).join(GAP);
    // What does not fit whatever is done is cut at the edge; escapes cannot be.
    if (plain.trimEnd().length > look.width) return cut(plain.trimEnd(), look.width, look.ellipsis);
    const painted = parts.map(({ cell, column, space }) =>
      aligned(row === 0 || column === undefined ? cell : (look.paint?.(cell, row - 1, column) ?? cell), space, column),
    );
    return painted.join(GAP).trimEnd();
  });
}

export const cut = (text: string, width: number, ellipsis: string): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - ellipsis.length))}${ellipsis}`;

function fitting(columns: readonly Column[], widths: readonly number[], width: number): readonly number[] {
  let shown = columns.map((_, index) => index);
  const yielding = columns
    .map(({ yields }, index) => ({ index, yields }))
    .filter(({ yields }) => yields !== undefined)
    .toSorted((a, b) => (a.yields ?? 0) - (b.yields ?? 0));
  for (const { index } of yielding) {
    if (totalOf(widths, shown) <= width) break;
    shown = shown.filter((column) => column !== index);
  }
  return shown;
}

/** One column is cut by all that is too much. */
function roomOf(
  columns: readonly Column[],
  widths: readonly number[],
  shown: readonly number[],
  index: number,
  width: number,
): number {
  const own = widths[index] ?? 0;
  const shortest = columns[index]?.shortest;
  if (shortest === undefined) return own;
  return Math.max(Math.min(shortest, own), own - Math.max(0, totalOf(widths, shown) - width));
}

const totalOf = (widths: readonly number[], shown: readonly number[]): number =>
  shown.reduce((sum, index) => sum + (widths[index] ?? 0) + GAP.length, -GAP.length);

const aligned = (cell: string, space: string, column: Column | undefined): string =>
  column?.align === 'right' ? `${space}${cell}` : `${cell}${space}`;
