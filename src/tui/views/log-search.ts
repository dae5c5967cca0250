import { createContext, Script, type Context } from 'node:vm';
import type { LogEntry } from '../log-entry.ts';
import type { LogMatch } from '../model.ts';

/** What is looked for; or what is wrong with it. */
type Pattern = { readonly is: 'pattern'; readonly expression: RegExp } | { readonly is: 'wrong'; readonly why: string };

/**
 * `text` is itself, `/text/` a regular expression, also with flags behind it. Without an upper-case letter both cases match.
 * The empty text is no pattern.
 */
export function patternOf(search: string): Pattern {
  if (search === endless) return { is: 'wrong', why: 'it takes too long' };
  if (search === lastPattern.search) return lastPattern.pattern;
  const pattern = compiled(search);
  lastPattern = { search, pattern };
  return pattern;
}

function compiled(search: string): Pattern {
  const [, source, flags] = /^\/(.+)\/([imsu]*)$/s.exec(search) ?? [];
  const bothCases = /\p{Lu}/u.test(source ?? search) ? '' : 'i';
  try {
    return {
      is: 'pattern',
      expression:
        source === undefined
          ? new RegExp(search.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), `gu${bothCases}`)
          : new RegExp(source, [...new Set(`g${bothCases}${flags}`)].join('')),
    };
  } catch (error) {
    return { is: 'wrong', why: error instanceof Error ? error.message : String(error) };
  }
}

let lastPattern = { search: '', pattern: compiled('') };

/** Where a text matches: begin, end, begin, end …, in UTF-16 units. */
export type Marks = readonly number[];

const NO_MARKS: Marks = [];
const marksKnown = new WeakMap<LogEntry, { readonly search: string; readonly marks: Marks }>();

/** Found once for each search; nothing is nowhere. */
export function marksOf(entry: LogEntry, search: string): Marks {
  if (search === '' || search === endless) return NO_MARKS;
  const before = marksKnown.get(entry);
  if (before?.search === search) return before.marks;
  const marks = found(entry.text, search);
  marksKnown.set(entry, { search, marks });
  return marks;
}

function found(text: string, search: string): Marks {
  const pattern = patternOf(search);
  if (pattern.is === 'wrong') return NO_MARKS;
  const marks: number[] = [];
  for (const { 0: match, index } of text.matchAll(pattern.expression)) {
    if (match !== '') marks.push(index, index + match.length);
  }
  return marks.length === 0 ? NO_MARKS : marks;
}

/** How many matches lie before each entry, and behind the last one. */
type Counts = { readonly search: string; readonly before: readonly number[] };

const countsKnown = new WeakMap<readonly LogEntry[], Counts>();

function countsOf(entries: readonly LogEntry[], search: string): readonly number[] {
  const known = countsKnown.get(entries);
  if (known?.search === search) return known.before;
  if (!finishes(() => entries.forEach((entry) => marksOf(entry, search)))) endless = search;
  const before = [0];
  let count = 0;
  for (const entry of entries) {
    count += marksOf(entry, search).length / 2;
    before.push(count);
  }
  countsKnown.set(entries, { search, before });
  return before;
}

/** A search that was given up. */
let endless: string | null = null;

/**
 * An expression like `(a+)+$` goes on for years over a line that an agent has written for it, and the screen with it. Only
 * this way of running a function takes a time limit that also holds within one expression.
 */
const PATIENCE_MS = 500;
const CALL = new Script('work()');
let context: Context | undefined;

function finishes(work: () => void): boolean {
  context ??= createContext({});
  context['work'] = work;
  try {
    CALL.runInContext(context, { timeout: PATIENCE_MS });
    return true;
  } catch (error) {
    if (isTimeout(error)) return false;
    throw error;
  }
}

/** It comes from the other context, whose errors are none of ours. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

export const matchCount = (entries: readonly LogEntry[], search: string): number =>
  countsOf(entries, search).at(-1) ?? 0;

/** Which one it is, from 1 on. */
export function matchNumber(entries: readonly LogEntry[], search: string, match: LogMatch): number {
  const entry = entries[match.entry];
  const within = entry === undefined ? 0 : begins(marksOf(entry, search)).findIndex((begin) => begin >= match.at);
  return (countsOf(entries, search)[match.entry] ?? 0) + within + 1;
}

/** The first match behind a place; null when there is none. */
export function matchBehind(entries: readonly LogEntry[], search: string, place: LogMatch): LogMatch | null {
  countsOf(entries, search);
  for (let entry = Math.max(0, place.entry); entry < entries.length; entry += 1) {
    const at = beginsIn(entries, entry, search).find((begin) => entry > place.entry || begin > place.at);
    if (at !== undefined) return { entry, at };
  }
  return null;
}

/** The last match before a place; null when there is none. */
export function matchBefore(entries: readonly LogEntry[], search: string, place: LogMatch): LogMatch | null {
  countsOf(entries, search);
  for (let entry = Math.min(entries.length - 1, place.entry); entry >= 0; entry -= 1) {
    const at = beginsIn(entries, entry, search).findLast((begin) => entry < place.entry || begin < place.at);
    if (at !== undefined) return { entry, at };
  }
  return null;
}

function beginsIn(entries: readonly LogEntry[], index: number, search: string): readonly number[] {
  const entry = entries[index];
  return entry === undefined ? [] : begins(marksOf(entry, search));
}

const begins = (marks: Marks): readonly number[] => marks.filter((_, index) => index % 2 === 0);
