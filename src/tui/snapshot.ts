import type { Environment } from '../home/paths.ts';
import type { Board } from '../protocol/board.ts';
import { cleaned } from './clean.ts';
import { initialModel } from './initial.ts';
import { plainText, type Line } from './line.ts';
import type { Link, Model } from './model.ts';
import { offlineFleet } from './offline-fleet.ts';
import { troubleOf } from './chosen.ts';
import { explanationText } from './views/explanation.ts';
import { fleetKind } from './views/fleet.ts';
import { headerLines } from './views/header.ts';

/** Wide enough for every column; nothing wraps a pipe. */
const COLUMNS = 240;

/** The same without a daemon, as far as the files say it. */
export const offlineBoard = (home: string): { readonly fleet: Board; readonly alive: number } => offlineFleet(home);

/** What the first screen says, once, for whoever has no terminal: header, table, and each trouble in words. */
export function snapshotLines(board: Board, link: Link, env: Environment, now: number): readonly string[] {
  const fleet = cleaned(board);
  const size = { columns: COLUMNS, rows: fleet.agents.length + 10 };
  const model: Model = {
    ...initialModel(env, size, now, true),
    readonly: false,
    link,
    fleet,
    zoomed: true,
  };
  const troubled = fleet.agents.filter((agent) => troubleOf(agent) < 3);
  return [
    ...headerLines({ ...model, zoomed: false, size: { ...size, rows: Infinity } }),
    [],
    ...fleetKind.lines(model, model.views[0], size).map(unchosen),
    ...(troubled.length === 0 ? [] : [[]]),
    ...troubled.map(({ explanation }) => [{ text: ` ${explanationText(explanation)}` }]),
  ]
    .map((each) => plainText(each).trimEnd())
    .filter((text, index, all) => text !== '' || (all[index - 1] ?? '') !== '');
}

/** Nothing is selected where nobody chooses. */
const unchosen = (parts: Line): Line => parts.map((part) => (part.text === '> ' ? { text: '  ' } : part));
