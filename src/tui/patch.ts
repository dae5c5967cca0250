/** Lines that have changed, each with its row from the top, 0 the first. */
export type Patch = {
  /** What else may stand on the terminal is to be erased before. */
  readonly clears: boolean;
  readonly rows: readonly number[];
  readonly lines: readonly string[];
};

/** What makes `lines` of what stands on the screen; `known` null: anything may stand there. */
export function patchOf(known: readonly string[] | null, lines: readonly string[]): Patch {
  const before = known ?? [];
  const height = Math.max(before.length, lines.length);
  const rows = Array.from({ length: height }, (_, row) => row).filter(
    (row) => (lines[row] ?? '') !== (before[row] ?? ''),
  );
  return { clears: known === null, rows, lines: rows.map((row) => lines[row] ?? '') };
}

export const isEmpty = ({ clears, rows }: Patch): boolean => !clears && rows.length === 0;
