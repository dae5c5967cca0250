export type Column = {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The order in which columns give way on a narrow terminal, lowest first; a column without it stays. */
  readonly yields?: number;
};

const GAP = '  ';

/** Aligned columns; those that yield go one by one until the table fits. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const shown = fitting(columns, rows, width);
  const widths = shown.map((index) => widthOf(columns, rows, index));
  const lines = [columns.map(({ title }) => title), ...rows].map((cells) =>
    shown
      .map((index, at) => pad(cells[index] ?? '', widths[at] ?? 0, columns[index]?.align))
      .join(GAP)
      .trimEnd(),
  );
  return lines.map((line) => (line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`));
}

function fitting(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): readonly number[] {
  let shown = columns.map((_, index) => index);
  const yielding = columns
    .map(({ yields }, index) => ({ index, yields }))
    .filter(({ yields }) => yields !== undefined)
    .toSorted((a, b) => (a.yields ?? 0) - (b.yields ?? 0));
  for (const { index } of yielding) {
    const total = shown.reduce((sum, column) => sum + widthOf(columns, rows, column) + GAP.length, -GAP.length);
    if (total <= width) break;
    shown = shown.filter((column) => column !== index);
  }
  return shown;
}

function widthOf(columns: readonly Column[], rows: readonly (readonly string[])[], index: number): number {
  return rows.reduce((most, cells) => Math.max(most, cells[index]?.length ?? 0), columns[index]?.title.length ?? 0);
}

function pad(cell: string, width: number, align: Column['align'] | undefined): string {
  return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
}
