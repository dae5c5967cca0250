import { bodyOf } from '../body.ts';
import type { LogEntry } from '../log-entry.ts';
import type { Effect, LogsView, Message, Model, Step } from '../model.ts';
import { still } from '../model.ts';
import { bounded, pageOf, scrolled } from '../scroll.ts';
import type { Binding, ViewKind } from '../view.ts';
import { withTop } from '../view.ts';
import { frameOf, layoutOf, lineCount, placeOf, topOf } from './log-layout.ts';
import { logLines, runShown } from './log-lines.ts';
import { findNext, findPrevious, noticed } from './log-find.ts';

/** How much of a log a screen keeps; what is let go still stands in the file. */
export const ENTRIES_MAX = 5_000;
/** In UTF-16 units of their texts, so that a screen of a narrower window is laid out in a blink. */
export const CHARACTERS_MAX = 1_000_000;

/** Columns that a key moves lines which are not wrapped. */
const SIDEWAYS = 8;
const SIDEWAYS_MAX = 10_000;

/** Before anything is read; `opening` asks for it. */
export const logsView = (
  name: string,
  shown: { readonly run?: string | null; readonly raw?: boolean } = {},
): LogsView => ({
  at: 'logs',
  name,
  run: shown.run ?? null,
  runs: [],
  raw: shown.raw ?? false,
  wrap: true,
  follow: true,
  entries: null,
  dropped: 0,
  top: { entry: 0, line: 0 },
  left: 0,
  search: '',
  match: null,
});

/** What the view needs to be read when it is opened, or is to show something else. */
export const opening = ({ name, run, raw }: LogsView): Effect => ({ type: 'open-log', name, run, raw });

type Press = Binding<LogsView>['press'];

const scrolls =
  (byOf: (height: number) => number): Press =>
  (model, view) =>
    still(scrolledView(model, view, byOf));
const halfOf = (height: number): number => Math.max(1, Math.floor(height / 2));

export const logsKind: ViewKind<LogsView> = {
  title: ({ name }) => `logs ${name}`,
  keymap: [
    { keys: ['f'], does: 'follow what is written, or stay', foot: 'follow', press: toggledFollow },
    { keys: ['/'], does: 'search for a text or a /regular expression/', foot: 'search', press: searchPrompt },
    { keys: ['n'], does: 'go to the next match', foot: 'next', press: findNext },
    { keys: ['N'], does: 'go to the previous match', press: findPrevious },
    { keys: ['w'], does: 'wrap long lines, or cut them', foot: 'wrap', press: toggledWrap },
    { keys: ['['], does: 'show the run before', foot: 'run before', press: (model, view) => otherRun(model, view, -1) },
    { keys: [']'], does: 'show the run after', press: (model, view) => otherRun(model, view, 1) },
    { keys: ['a'], does: 'show all runs', press: (model, view) => reopened(model, { ...view, run: null }) },
    { keys: ['v'], does: 'show stdout as it was written, or as people read it', foot: 'raw', press: toggledRaw },
    { keys: ['down', 'j'], does: 'go one line down', press: scrolls(() => 1) },
    { keys: ['up', 'k'], does: 'go one line up', press: scrolls(() => -1) },
    { keys: ['pgdn', ' '], does: 'go one page down', press: scrolls(pageOf) },
    { keys: ['pgup'], does: 'go one page up', press: scrolls((height) => -pageOf(height)) },
    { keys: ['ctrl-d'], does: 'go half a page down', press: scrolls(halfOf) },
    { keys: ['ctrl-u'], does: 'go half a page up', press: scrolls((height) => -halfOf(height)) },
    { keys: ['g', 'home'], does: 'go to the first line', press: toFirst },
    { keys: ['G', 'end'], does: 'go to the last line and follow', press: toLast },
    { keys: ['right'], does: 'show what lies to the right of lines that are cut', press: sideways(SIDEWAYS) },
    { keys: ['left'], does: 'go back to the left', press: sideways(-SIDEWAYS) },
  ],
  lines: logLines,
  hear: (_model, view, message) => ({ view: heard(view, message), effects: [] }),
};

function scrolledView(model: Model, view: LogsView, byOf: (height: number) => number): Model {
  const size = bodyOf(model);
  const layout = layoutOf(view, size);
  const { height } = frameOf(view, size);
  const by = byOf(height);
  if (view.follow && by > 0) return model;
  const top = scrolled(topOf(view, layout, height), by, height, lineCount(layout));
  return withTop(model, { ...view, follow: false, top: placeOf(layout, top) });
}

function toFirst(model: Model, view: LogsView): Step {
  return still(withTop(model, { ...view, follow: false, top: { entry: 0, line: 0 } }));
}

function toLast(model: Model, view: LogsView): Step {
  return still(withTop(model, { ...view, follow: true }));
}

function toggledFollow(model: Model, view: LogsView): Step {
  return still(withTop(model, view.follow ? stayed(model, view) : { ...view, follow: true }));
}

function toggledWrap(model: Model, view: LogsView): Step {
  const { top } = stayed(model, view);
  // The same entry stays the first one.
  return still(withTop(model, { ...view, top, wrap: !view.wrap, left: 0 }));
}

/** The view as it is now, without following. */
function stayed(model: Model, view: LogsView): LogsView {
  const size = bodyOf(model);
  const layout = layoutOf(view, size);
  return { ...view, follow: false, top: placeOf(layout, topOf(view, layout, frameOf(view, size).height)) };
}

function sideways(by: number): Press {
  return (model, view) => {
    if (view.wrap) return still(noticed(model, 'Lines are wrapped: w cuts them', 'info'));
    return still(withTop(model, { ...view, left: bounded(view.left + by, 0, SIDEWAYS_MAX) }));
  };
}

function searchPrompt(model: Model): Step {
  return still({ ...model, prompt: { kind: 'search', text: '', cursor: 0, agent: null } });
}

function otherRun(model: Model, view: LogsView, by: number): Step {
  const size = bodyOf(model);
  const layout = layoutOf(view, size);
  const frame = frameOf(view, size);
  const shown = runShown(view, { layout, frame, top: topOf(view, layout, frame.height) });
  const found = view.runs.findIndex(({ run }) => run === shown);
  // A run that has been removed meanwhile was older than all.
  const other = view.runs[found === -1 && by < 0 ? -1 : found + by];
  if (other !== undefined) return reopened(model, { ...view, run: other.run });
  return still(noticed(model, by < 0 ? 'There is no run before.' : 'There is no run after: a shows all', 'info'));
}

function toggledRaw(model: Model, view: LogsView): Step {
  return reopened(model, { ...view, raw: !view.raw });
}

function reopened(model: Model, view: LogsView): Step {
  const { name, run, raw, runs, wrap, search } = view;
  const next: LogsView = { ...logsView(name, { run, raw }), runs, wrap, search };
  return { model: withTop(model, next), effects: [opening(next)] };
}

function heard(view: LogsView, message: Message): LogsView {
  if (message.type === 'log-read' && message.name === view.name) {
    return grown({ ...view, runs: message.runs, entries: [], dropped: 0, match: null }, message.entries);
  }
  if (message.type === 'log-grew' && message.name === view.name) {
    return grown({ ...view, runs: message.runs, dropped: view.dropped + message.dropped }, message.entries);
  }
  return view;
}

/** With more entries, and without the oldest ones when there are too many; what is shown stays where it is. */
function grown(view: LogsView, more: readonly LogEntry[]): LogsView {
  if (more.length === 0 && view.entries !== null) return view;
  const all = [...(view.entries ?? []), ...more];
  const gone = surplusOf(all);
  const entry = view.top.entry - gone;
  return {
    ...view,
    entries: gone === 0 ? all : all.slice(gone),
    dropped: view.dropped + gone,
    top: entry < 0 ? { entry: 0, line: 0 } : { entry, line: view.top.line },
    match: view.match === null || view.match.entry < gone ? null : { ...view.match, entry: view.match.entry - gone },
  };
}

/** How many of the oldest are too many; the newest one always stays. */
function surplusOf(entries: readonly LogEntry[]): number {
  let characters = 0;
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    characters += entries[index]?.text.length ?? 0;
    if (entries.length - index > ENTRIES_MAX || (characters > CHARACTERS_MAX && index < entries.length - 1))
      return index + 1;
  }
  return 0;
}
