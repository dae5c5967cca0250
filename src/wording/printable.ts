/**
 * Without what moves a cursor or renames a window: names, details and excerpts may come from an agent's output. Colours
 * are ours and stay.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/(\u001b\[[0-9;]*m)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '$1');
}
