import type { Environment } from '../home/paths.ts';
import { terminalOf } from '../wording/terminal.ts';
import type { Size } from './line.ts';
import type { Model } from './model.ts';
import { fleetView } from './views/fleet.ts';

/** What is shown before anything is known. */
export function initialModel(env: Environment, size: Size, now: number, readonly: boolean): Model {
  const { colour, ellipsis } = terminalOf({ isTTY: true, columns: size.columns }, env);
  return {
    now,
    touchedAt: now,
    size,
    look: { colour, unicode: ellipsis === '…' },
    readonly,
    link: { at: 'connecting' },
    fleet: null,
    events: [],
    views: [fleetView],
    prompt: null,
    confirm: null,
    notice: null,
    pending: [],
    zoomed: false,
  };
}
