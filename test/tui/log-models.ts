import { plainText } from '../../src/tui/line.ts';
import type { Look, Size } from '../../src/tui/line.ts';
import type { LogEntry, LogRun } from '../../src/tui/log-entry.ts';
import { topView } from '../../src/tui/model.ts';
import type { Effect, FleetView, LogsView, Message, Model } from '../../src/tui/model.ts';
import { bodyOf } from '../../src/tui/body.ts';
import { pushed, withTop } from '../../src/tui/view.ts';
import { searched } from '../../src/tui/views/log-find.ts';
import { logsKind, logsView } from '../../src/tui/views/logs.ts';

export const NOW = new Date('2026-11-20T10:30:00').getTime();
export const at = (time: string): number => new Date(`2026-11-20T${time}`).getTime();

const FLEET: FleetView = { at: 'fleet', selected: null, sort: 'trouble', reversed: false, filter: '', namespace: null };

/** A screen that shows the log of bob in a view of that size. */
export function logModel(
  view: Partial<LogsView> = {},
  body: Size = { columns: 80, rows: 20 },
  look: Partial<Look> = {},
): Model {
  const model: Model = {
    now: NOW,
    touchedAt: NOW,
    size: body,
    look: { colour: true, unicode: true, ...look },
    readonly: false,
    link: { at: 'live' },
    fleet: null,
    events: [],
    views: [FLEET],
    prompt: null,
    confirm: null,
    notice: null,
    pending: [],
    zoomed: false,
  };
  return pushed(withBody(model, body), { ...logsView('bob'), ...view });
}

/** A terminal whose header and footer leave that much. */
function withBody(model: Model, body: Size): Model {
  const missing = body.rows - bodyOf(model).rows;
  return missing <= 0 ? model : withBody({ ...model, size: { ...model.size, rows: model.size.rows + missing } }, body);
}

export function logOf(model: Model): LogsView {
  const view = topView(model);
  if (view.at !== 'logs') throw new Error(`the top view is ${view.at}`);
  return view;
}

export const entry = (text: string, who = 'assistant', run = '000001'): LogEntry => ({ run, who, text });
export const run = (name: string, startedAt: number | null = null, endedAt: number | null = null): LogRun => ({
  run: name,
  startedAt,
  endedAt,
});
/** `line 1`, `line 2` … */
export const numbered = (count: number, from = 1): readonly LogEntry[] =>
  Array.from({ length: count }, (_, index) => entry(`line ${index + from}`));

/** What the model is after those keys, and what was asked for meanwhile. */
export function pressed(
  model: Model,
  ...keys: readonly string[]
): { readonly model: Model; readonly effects: readonly Effect[] } {
  const effects: Effect[] = [];
  let current = model;
  for (const key of keys) {
    const binding = logsKind.keymap.find((candidate) => candidate.keys.includes(key));
    if (binding === undefined) throw new Error(`no key ${key}`);
    const step = binding.press(current, logOf(current));
    current = step.model;
    effects.push(...step.effects);
  }
  return { model: current, effects };
}

export const press = (model: Model, ...keys: readonly string[]): Model => pressed(model, ...keys).model;
export const search = (model: Model, text: string): Model => searched(model, logOf(model), text).model;
export const hear = (model: Model, message: Message): Model =>
  withTop(model, logsKind.hear(model, logOf(model), message).view);
export const grew = (model: Model, entries: readonly LogEntry[], dropped = 0): Model =>
  hear(model, { type: 'log-grew', name: 'bob', runs: logOf(model).runs, entries, dropped });

export const linesOf = (model: Model): ReturnType<typeof logsKind.lines> =>
  logsKind.lines(model, logOf(model), bodyOf(model));
export const frame = (model: Model): readonly string[] => linesOf(model).map((line) => plainText(line).trimEnd());
/** Without the first line and the last one. */
export const texts = (model: Model): readonly string[] => frame(model).slice(1, -1);
