import type { Entry } from '../logs/entries.ts';
import type { Terminal } from '../wording/terminal.ts';
import { wrapLines } from '../wording/wrap.ts';

const WHO_WIDTH = 9;
const TEXT_AT = WHO_WIDTH + 2;
const INDENT = ' '.repeat(TEXT_AT);

const RED = 31;
const YELLOW = 33;
const CYAN = 36;
const BOLD = 1;

const COLOURS: Readonly<Record<string, number>> = {
  run: BOLD,
  user: CYAN,
  error: RED,
  stderr: RED,
  retry: YELLOW,
  limit: YELLOW,
};

/** Continuation lines stand under the first. */
export function entryLine({ who, text }: Entry, { width, colour }: Terminal): string {
  const lines = `${who.padEnd(WHO_WIDTH)}  ${text.replaceAll('\n', `\n${INDENT}`)}`;
  const wrapped = wrapLines(lines, width, TEXT_AT);
  const code = COLOURS[who];
  if (!colour || code === undefined) return wrapped;
  return `\u001b[${code}m${who}\u001b[0m${wrapped.slice(who.length)}`;
}
