import type { IncidentsView } from '../model.ts';
import { line } from '../line.ts';
import { hearsNothing, type ViewKind } from '../view.ts';
export const incidentsKind: ViewKind<IncidentsView> = {
  title: () => 'incidents',
  keymap: [],
  lines: () => [line('not yet')],
  hear: hearsNothing,
};
export const incidentsView = (): IncidentsView => ({ at: 'incidents', selected: null, all: null });
