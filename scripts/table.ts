/** A table in Markdown; a cell stays in its cell. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** Tells a reader of the file not to write in it. */
export const GENERATED = '<!-- Written by `npm run docs`; a test compares. Change the sources, not this file. -->';
