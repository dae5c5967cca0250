import { stripVTControlCharacters } from 'node:util';
import { redact } from '../kernel/redaction.ts';

/** Control characters, and what turns the direction of text around. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const SUSPICIOUS = /[^\u0020-\u007e\n]|sk-ant-/;

/**
 * A text that can only be read: what an agent wrote must not move the cursor, rename the window, turn text around or
 * show a credential. Line feeds stay; a tab becomes two blanks.
 */
export function clean(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return redact(stripVTControlCharacters(text).replaceAll('\t', '  ').replaceAll(UNSEEN, ''));
}

/** The same for a text that stands on one line. */
export const cleanLine = (text: string): string => clean(text).replaceAll('\n', ' ');

/** All texts of an answer of the daemon, however deep. Names of fields are ours, names of agents are checked by the file. */
export function cleaned<T>(value: T): T {
  return cleanedValue(value) as T;
}

function cleanedValue(value: unknown): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map(cleanedValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cleanedValue(inner)]));
}
