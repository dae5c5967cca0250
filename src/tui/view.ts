import type { Key } from './key.ts';
import type { Line, Size } from './line.ts';
import { type Effect, type LogsView, type Message, type Model, type Step, type View } from './model.ts';

/** A key of a view: what the footer and the help say of it, and what it does. */
export type Binding<V> = {
  /** The first one is shown. */
  readonly keys: readonly Key[];
  /** In the help: `go to the first agent`. */
  readonly does: string;
  /** In the footer, if it stands there: `restart`. */
  readonly foot?: string;
  /** It is about an agent: not in the footer while none is chosen. */
  readonly needsAgent?: boolean;
  /** Views in which it leads nowhere. */
  readonly idleIn?: readonly View['at'][];
  /** It changes agents: refused with `--readonly`. */
  readonly acts?: boolean;
  readonly press: (model: Model, view: V) => Step;
};

/** What there is to know of one kind of view. All of it is pure. */
export type ViewKind<V extends View> = {
  readonly title: (view: V) => string;
  readonly keymap: readonly Binding<V>[];
  /** At most as many lines as `size` has rows, none wider than its columns. */
  readonly lines: (model: Model, view: V, size: Size) => readonly Line[];
  /** The view after something was read, or after the fleet has changed; effects ask for what it needs now. */
  readonly hear: (model: Model, view: V, message: Message) => { readonly view: V; readonly effects: readonly Effect[] };
};

/** For a view that shows only what the model has. */
export const hearsNothing = <V>(_model: Model, view: V): { readonly view: V; readonly effects: readonly Effect[] } => ({
  view,
  effects: [],
});

/** The top view is another one now. */
export function withTop(model: Model, view: View): Model {
  const [first, ...rest] = model.views;
  if (rest.length > 0) return { ...model, views: [first, ...rest.slice(0, -1), view] };
  return view.at === 'fleet' ? { ...model, views: [view] } : model;
}

/** A view over the one that is shown. */
export const pushed = (model: Model, view: View): Model => ({ ...model, views: [...model.views, view] });

/** Back to the view below; the fleet stays. */
export const popped = (model: Model): Step => backTo(model, Math.max(1, model.views.length - 1));

/** Back to a view that lies below, so that no way around makes the pile higher; null where there is none. */
export function returned(model: Model, isIt: (view: View) => boolean): Step | null {
  const place = model.views.findIndex((view) => isIt(view));
  return place === -1 ? null : backTo(model, place + 1);
}

/** So many views stay. One log is read at a time, that of the highest conversation: one that comes up again is read anew. */
export function backTo(model: Model, count: number): Step {
  const [fleet, ...rest] = model.views;
  const views: Model['views'] = [fleet, ...rest.slice(0, count - 1)];
  return { model: { ...model, views }, effects: logEffects(logOf(model.views), logOf(views)) };
}

const logOf = (views: Model['views']): LogsView | null => views.findLast((view) => view.at === 'logs') ?? null;

function logEffects(before: LogsView | null, after: LogsView | null): readonly Effect[] {
  if (before === after) return [];
  return after === null
    ? [{ type: 'close-log' }]
    : [{ type: 'open-log', name: after.name, run: after.run, raw: after.raw }];
}
