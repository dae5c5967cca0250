import { bodyOf } from '../body.ts';
import type { Tone } from '../line.ts';
import type { LogEntry } from '../log-entry.ts';
import type { LogMatch, LogsView, Model, Step } from '../model.ts';
import { still } from '../model.ts';
import { bounded } from '../scroll.ts';
import { withTop } from '../view.ts';
import { widthOf } from '../width.ts';
import { entryCuts, frameOf, layoutOf, lineAt, matchLine, matchPlaceOf, placeOf, topMax, topOf } from './log-layout.ts';
import { matchBefore, matchBehind, patternOf } from './log-search.ts';

const NOTICE_MS = 5_000;
const BEFORE_ALL: LogMatch = { entry: -1, at: 0 };

export const noticed = (model: Model, text: string, tone: Tone): Model => ({
  ...model,
  notice: { text, tone, until: model.now + NOTICE_MS },
});

/**
 * Looks for a text that was typed: the first match from the first line on the screen on, else the last one above it. The
 * empty text ends the search.
 */
export function searched(model: Model, view: LogsView, text: string): Step {
  const pattern = patternOf(text);
  if (pattern.is === 'wrong') return still(noticed(model, `Not a regular expression: ${pattern.why}`, 'bad'));
  const next: LogsView = { ...view, search: text, match: null };
  if (text === '') return still(withTop(model, next));
  const from = firstOnScreen(model, next);
  const entries = next.entries ?? [];
  const match = matchBehind(entries, text, from) ?? matchBefore(entries, text, from);
  return match === null ? noMatch(withTop(model, next), text) : still(withTop(model, showing(model, next, match)));
}

/** To the first match behind the current one, from the last one to the first. */
export const findNext = (model: Model, view: LogsView): Step =>
  find(model, view, { look: matchBehind, begin: () => BEFORE_ALL, wrapped: 'The search went on at the first line.' });

/** To the last match before the current one, from the first one to the last. */
export const findPrevious = (model: Model, view: LogsView): Step =>
  find(model, view, { look: matchBefore, begin: afterAll, wrapped: 'The search went on at the last line.' });

const afterAll = (entries: readonly LogEntry[]): LogMatch => ({ entry: entries.length, at: 0 });

type Way = {
  readonly look: typeof matchBehind;
  readonly begin: (entries: readonly LogEntry[]) => LogMatch;
  readonly wrapped: string;
};

function find(model: Model, view: LogsView, { look, begin, wrapped }: Way): Step {
  if (view.search === '') return still(noticed(model, 'Nothing is looked for: / begins a search', 'info'));
  const entries = view.entries ?? [];
  const match = look(entries, view.search, view.match ?? firstOnScreen(model, view));
  if (match !== null) return still(withTop(model, showing(model, view, match)));
  const again = look(entries, view.search, begin(entries));
  if (again === null) return noMatch(model, view.search);
  return still(noticed(withTop(model, showing(model, view, again)), wrapped, 'info'));
}

function noMatch(model: Model, search: string): Step {
  const pattern = patternOf(search);
  return still(
    pattern.is === 'wrong'
      ? noticed(model, `The search for ${search} was given up: ${pattern.why}`, 'bad')
      : noticed(model, `Nothing matches ${search}`, 'warn'),
  );
}

/** Just before the first line on the screen. */
function firstOnScreen(model: Model, view: LogsView): LogMatch {
  const size = bodyOf(model);
  const layout = layoutOf(view, size);
  const { entry, at } = matchPlaceOf(layout, topOf(view, layout, frameOf(view, size).height));
  return { entry, at: at - 1 };
}

/** The view with that match as the current one, on the screen; it ends following only when it was not on it. */
function showing(model: Model, view: LogsView, match: LogMatch): LogsView {
  const size = bodyOf(model);
  const layout = layoutOf(view, size);
  const { height, text } = frameOf(view, size);
  const line = matchLine(layout, match);
  const top = topOf(view, layout, height);
  const next = { ...view, match, left: view.wrap ? 0 : leftFor(view, match, text) };
  if (line >= top && line < top + height) return next;
  // With what was said before and after it.
  const middle = bounded(line - Math.floor(height / 2), 0, topMax(layout, height));
  return { ...next, follow: false, top: placeOf(layout, middle) };
}

/** So that the match is seen in a line that is cut. */
function leftFor(view: LogsView, match: LogMatch, width: number): number {
  const entry = view.entries?.[match.entry];
  if (entry === undefined) return view.left;
  const begin = entryCuts(entry, Infinity)[lineAt(entryCuts(entry, Infinity), match.at) * 2] ?? 0;
  const column = widthOf(entry.text.slice(begin, match.at));
  const isSeen = column >= view.left && column < view.left + width - 1;
  return isSeen ? view.left : Math.max(0, column - Math.floor(width / 2));
}
