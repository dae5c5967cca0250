import type { CredentialRow } from '../../protocol/auth-rows.ts';
import type { IncidentRow } from '../../protocol/rows.ts';
import { count } from '../../wording/count.ts';
import { bodyOf } from '../body.ts';
import { glyph } from '../glyphs.ts';
import { cutLine, filledLine, line, span, type Line, type Size } from '../line.ts';
import { still, type IncidentsView, type Message, type Model, type Step } from '../model.ts';
import { bounded, pageOf } from '../scroll.ts';
import { tableOf, type Table } from '../table.ts';
import { pushed, withTop, type Binding, type ViewKind } from '../view.ts';
import { credentialColumns, incidentColumns } from './incident-columns.ts';
import { incidentView } from './incident.ts';
import { knownIncidents } from './incident-words.ts';

/** Who opens it asks `read-incidents`. */
export const incidentsView = (): IncidentsView => ({ at: 'incidents', selected: null, all: null });

const KEYMAP: readonly Binding<IncidentsView>[] = [
  { keys: ['j', 'down'], does: 'the next row', press: (model, view) => moved(model, view, 1) },
  { keys: ['k', 'up'], does: 'the row before', press: (model, view) => moved(model, view, -1) },
  { keys: ['g', 'home'], does: 'the first row', press: (model, view) => moved(model, view, -Infinity) },
  { keys: ['G', 'end'], does: 'the last row', press: (model, view) => moved(model, view, Infinity) },
  { keys: ['pgdn', 'ctrl-d', ' '], does: 'a page down', press: (model, view) => moved(model, view, pageFor(model)) },
  { keys: ['pgup', 'ctrl-u'], does: 'a page up', press: (model, view) => moved(model, view, -pageFor(model)) },
  { keys: ['enter'], does: 'all about this incident', foot: 'open', press: opened },
];

/** That one screen keeps, the newest; the files hold more. */
export const INCIDENTS_KEPT_MAX = 500;

export const incidentsKind: ViewKind<IncidentsView> = {
  title: () => 'incidents and credentials',
  keymap: KEYMAP,
  lines: incidentsLines,
  hear,
};

type Row =
  | { readonly is: 'incident'; readonly key: string; readonly incident: IncidentRow }
  | { readonly is: 'credential'; readonly key: string; readonly credential: CredentialRow };

/** What can be selected, from top to bottom. */
const rowsOf = (incidents: readonly IncidentRow[], credentials: readonly CredentialRow[]): readonly Row[] => [
  ...incidents.map((incident): Row => ({ is: 'incident', key: incident.id, incident })),
  ...credentials.map((credential): Row => ({ is: 'credential', key: `credential:${credential.name}`, credential })),
];

const rowsIn = (model: Model): readonly Row[] => rowsOf(knownIncidents(model), model.fleet?.credentials ?? []);

/** The chosen row, else the first. */
const indexOf = (rows: readonly Row[], { selected }: IncidentsView): number =>
  Math.max(
    0,
    rows.findIndex(({ key }) => key === selected),
  );

function incidentsLines(model: Model, view: IncidentsView, size: Size): readonly Line[] {
  const incidents = knownIncidents(model);
  const credentials = model.fleet?.credentials ?? [];
  const index = indexOf(rowsOf(incidents, credentials), view);
  const below = credentials.length === 0 ? 0 : credentialRoom(credentials.length, incidents.length, size.rows);
  const above = Math.min(Math.max(0, size.rows - below), incidents.length + HEADS + 1);
  const room = size.columns - MARK;
  const upper: Panel = {
    ...tableOf(incidentColumns(model), incidents, room, model.look),
    title: incidentTitle(incidents, view),
  };
  const lower: Panel = {
    ...tableOf(credentialColumns(model), credentials, room, model.look),
    title: count(credentials.length, 'credential'),
  };
  return [
    ...panel(model, upper, index, { ...size, rows: above }),
    ...panel(model, lower, index - incidents.length, { ...size, rows: below }),
  ];
}

/** Of the sign in front of the row that is selected, and the blank behind it. */
const MARK = 2;
/** A title and the names of the columns. */
const HEADS = 2;

/** All that the incidents leave, else a third. */
function credentialRoom(credentials: number, incidents: number, rows: number): number {
  const wanted = credentials + HEADS + 1;
  const left = rows - Math.max(1, incidents) - HEADS;
  return Math.min(wanted, Math.max(left, Math.floor(rows / 3), HEADS + 1));
}

function incidentTitle(known: readonly IncidentRow[], { all }: IncidentsView): string {
  const open = known.filter(({ closedAt }) => closedAt === null).length;
  const closed = all === null ? 'those that are closed are not read yet' : `${known.length - open} closed`;
  const older = (all ?? []).length < INCIDENTS_KEPT_MAX ? '' : '; older ones: agentvisor incidents --all';
  return `${count(open, 'open incident')}, ${closed}${older}`;
}

type Panel = Table & { readonly title: string };

/** A table in exactly that many lines, so that the row that is selected is in it; `index` may be one of another table. */
function panel({ look }: Model, { title, head, lines }: Panel, index: number, size: Size): readonly Line[] {
  const height = Math.max(0, size.rows - HEADS);
  const top = bounded(index - Math.floor(height / 2), 0, Math.max(0, lines.length - height));
  const shown = lines.slice(top, top + height).map((make, offset): Line => {
    const each = make();
    if (top + offset !== index) return [span(' '.repeat(MARK)), ...each];
    const marked = [span(`${glyph('selected', look)} `), ...each].map((part) => ({ ...part, inverse: true }));
    return filledLine(marked, size.columns, look);
  });
  const place =
    shown.length < lines.length ? `   ${top + 1}${glyph('dash', look)}${top + shown.length} of ${lines.length}` : '';
  const all: readonly Line[] = [
    [span(` ${title}`, { bold: true }), span(place, { tone: 'dim' })],
    ...(lines.length === 0 ? [] : [[span(' '.repeat(MARK)), ...head], ...shown]),
  ];
  const free = Array.from({ length: Math.max(0, size.rows - all.length) }, () => line(''));
  return [...all, ...free].slice(0, size.rows).map((each) => cutLine(each, size.columns, look));
}

function moved(model: Model, view: IncidentsView, by: number): Step {
  const rows = rowsIn(model);
  const next = rows[bounded(indexOf(rows, view) + by, 0, rows.length - 1)];
  return still(next === undefined ? model : withTop(model, { ...view, selected: next.key }));
}

/** A credential leads to the first incident that it is in. */
function opened(model: Model, view: IncidentsView): Step {
  const rows = rowsIn(model);
  const row = rows[indexOf(rows, view)];
  if (row === undefined) return still(model);
  const id = row.is === 'incident' ? row.incident.id : row.credential.incidents[0];
  if (id === undefined) return still(model);
  return still(pushed(withTop(model, { ...view, selected: row.key }), incidentView(id)));
}

const pageFor = (model: Model): number => pageOf(Math.floor(bodyOf(model).rows / 2));

function hear(_model: Model, view: IncidentsView, message: Message): ReturnType<typeof incidentsKind.hear> {
  switch (message.type) {
    case 'incidents-read':
      return { view: { ...view, all: message.all.slice(-INCIDENTS_KEPT_MAX) }, effects: [] };
    case 'changed':
      return { view: withNews(view, message.change.incidents), effects: [] };
    // What was opened and closed while nobody was connected is in no change.
    case 'board':
      return { view, effects: [{ type: 'read-incidents' }] };
    case 'key':
    case 'pasted':
    case 'events-read':
    case 'resized':
    case 'tick':
    case 'offline':
    case 'lost':
    case 'acted':
    case 'sent':
    case 'refused':
    case 'agent-read':
    case 'log-read':
    case 'log-grew':
      return { view, effects: [] };
  }
}

/** By id; before all were read there is nothing to add to. */
function withNews(view: IncidentsView, news: readonly IncidentRow[]): IncidentsView {
  if (view.all === null || news.length === 0) return view;
  const byId = new Map([...view.all, ...news].map((incident) => [incident.id, incident]));
  return { ...view, all: [...byId.values()].slice(-INCIDENTS_KEPT_MAX) };
}
