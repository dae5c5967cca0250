import type { LogsView } from '../model.ts';
import { line } from '../line.ts';
import { hearsNothing, type ViewKind } from '../view.ts';
export const logsKind: ViewKind<LogsView> = {
  title: () => 'logs',
  keymap: [],
  lines: () => [line('not yet')],
  hear: hearsNothing,
};
export const logsView = (name: string): LogsView => ({
  at: 'logs',
  name,
  run: null,
  runs: [],
  raw: false,
  wrap: true,
  follow: true,
  entries: null,
  dropped: 0,
  top: 0,
  left: 0,
  search: '',
});
import type { Model, Step } from '../model.ts';
export const searched = (model: Model, _view: LogsView, _text: string): Step => ({ model, effects: [] });
