import type { IncidentView } from '../model.ts';
import { line } from '../line.ts';
import { hearsNothing, type ViewKind } from '../view.ts';
export const incidentKind: ViewKind<IncidentView> = {
  title: () => 'incident',
  keymap: [],
  lines: () => [line('not yet')],
  hear: hearsNothing,
};
