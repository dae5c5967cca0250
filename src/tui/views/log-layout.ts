import { cutsOf, type Cuts } from '../width.ts';
import type { LogEntry } from '../log-entry.ts';
import type { LogMatch, LogPlace, LogsView } from '../model.ts';
import { bounded } from '../scroll.ts';
import type { Size } from '../line.ts';

/** Above the text: who it is and what is shown. */
const HEAD_ROWS = 1;
/** Below it: the search, and where one is. */
const STATUS_ROWS = 1;
/** Fewer are not worth a status line. */
const ROWS_WITH_STATUS_MIN = 3;

const WHO_WIDTH = 9;
/** Between who and what; the sign of the current match stands in it. */
export const GAP = 2;
/** Beside the labels there must be room to read. */
const TEXT_WIDTH_MIN = 16;

/** How the rows of the view are shared out. */
export type LogFrame = {
  readonly height: number;
  readonly hasStatus: boolean;
  readonly who: number;
  readonly text: number;
};

export function frameOf({ raw }: LogsView, { columns, rows }: Size): LogFrame {
  const hasStatus = rows >= ROWS_WITH_STATUS_MIN;
  const who = raw || columns < WHO_WIDTH + GAP + TEXT_WIDTH_MIN ? 0 : WHO_WIDTH;
  return {
    height: Math.max(0, rows - HEAD_ROWS - (hasStatus ? STATUS_ROWS : 0)),
    hasStatus,
    who,
    text: Math.max(1, columns - who - GAP),
  };
}

/** Entries as lines of the screen. */
export type LogLayout = {
  readonly entries: readonly LogEntry[];
  /** Infinity: lines are not wrapped. */
  readonly width: number;
  /** How many lines lie before each entry, and behind the last one. */
  readonly before: readonly number[];
};

const NO_ENTRIES: readonly LogEntry[] = [];
const layouts = new WeakMap<readonly LogEntry[], LogLayout>();

/** Made once for the same entries and width: a frame after a key costs what it shows. */
export function layoutOf(view: LogsView, size: Size): LogLayout {
  const entries = view.entries ?? NO_ENTRIES;
  const width = view.wrap ? frameOf(view, size).text : Infinity;
  const known = layouts.get(entries);
  if (known?.width === width) return known;
  const before = [0];
  let count = 0;
  for (const entry of entries) {
    count += entryCuts(entry, width).length / 2;
    before.push(count);
  }
  const layout = { entries, width, before };
  layouts.set(entries, layout);
  return layout;
}

const cutsKnown = new WeakMap<LogEntry, { readonly width: number; readonly cuts: Cuts }>();

/** Where the lines of an entry lie in its text. Entries never change, so each is cut once for a width. */
export function entryCuts(entry: LogEntry, width: number): Cuts {
  const known = cutsKnown.get(entry);
  if (known?.width === width) return known.cuts;
  const cuts = cutsOf(entry.text, width);
  cutsKnown.set(entry, { width, cuts });
  return cuts;
}

export const lineCount = ({ before }: LogLayout): number => before.at(-1) ?? 0;

/** Of the first line of the last page. */
export const topMax = (layout: LogLayout, height: number): number => Math.max(0, lineCount(layout) - height);

/** The number of the first line on the screen. */
export function topOf(view: LogsView, layout: LogLayout, height: number): number {
  return view.follow ? topMax(layout, height) : bounded(lineOf(layout, view.top), 0, topMax(layout, height));
}

/** The number of the line at a place; a line that the entry has no more is its last one. */
function lineOf({ entries, width, before }: LogLayout, { entry, line }: LogPlace): number {
  const found = entries[entry];
  const lines = found === undefined ? 0 : entryCuts(found, width).length / 2;
  return (before[entry] ?? 0) + bounded(line, 0, Math.max(0, lines - 1));
}

/** Where the line of that number is. */
export function placeOf({ entries, before }: LogLayout, number: number): LogPlace {
  let low = 0;
  let high = Math.max(0, entries.length - 1);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((before[middle] ?? 0) <= number) low = middle;
    else high = middle - 1;
  }
  return { entry: low, line: Math.max(0, number - (before[low] ?? 0)) };
}

/** The number of the line that a match begins in. */
export function matchLine(layout: LogLayout, { entry, at }: LogMatch): number {
  const found = layout.entries[entry];
  return lineOf(layout, { entry, line: found === undefined ? 0 : lineAt(entryCuts(found, layout.width), at) });
}

/** Which line of an entry a place in its text belongs to; the blanks at a cut belong to the line before. */
export function lineAt(cuts: Cuts, at: number): number {
  const behind = cuts.findIndex((cut, index) => index % 2 === 0 && cut > at);
  return behind === -1 ? Math.max(0, cuts.length / 2 - 1) : Math.max(0, behind / 2 - 1);
}

/** The place in the text of the line of that number: where a search goes on from. */
export function matchPlaceOf(layout: LogLayout, number: number): LogMatch {
  const { entry, line } = placeOf(layout, number);
  const found = layout.entries[entry];
  return { entry, at: found === undefined ? 0 : (entryCuts(found, layout.width)[line * 2] ?? 0) };
}
