import type { IncidentRow } from '../../protocol/rows.ts';
import { CAUSES, type Cause } from '../../kernel/causes.ts';
import { count } from '../../wording/count.ts';
import { lifeOf, receiptText } from '../../wording/incident-lines.ts';
import { localTime } from '../../wording/local-times.ts';
import {
  documentOf,
  indented,
  labelled,
  type PageLine,
  scrollKeys,
  windowOf,
  type Document,
  type Section,
} from '../document.ts';
import { glyph } from '../glyphs.ts';
import { line, wrapText, type Line, type Look, type Size, type Tone } from '../line.ts';
import type { IncidentView, Model } from '../model.ts';
import { oneLine, tableOf, type Column } from '../table.ts';
import { CLOCK_WIDTH, clockTime, countdownOrTime } from '../times.ts';
import { hearsNothing, type ViewKind } from '../view.ts';
import { knownIncidents, progressOf, reachOf } from './incident-words.ts';

/** Closed incidents are known to a screen that has read them: who opens one of those asks `read-incidents`. */
export const incidentView = (id: string): IncidentView => ({ at: 'incident', id, top: 0 });

export const incidentKind: ViewKind<IncidentView> = {
  title: ({ id }) => `incident ${id}`,
  keymap: scrollKeys(incidentDocument),
  lines: (model, view, size) => windowOf(incidentDocument(model, view, size), view.top, size, model.look),
  hear: hearsNothing,
};

const LABEL_WIDTH = 9;

function incidentDocument(model: Model, { id }: IncidentView, size: Size): Document {
  const incident = knownIncidents(model).find((each) => each.id === id);
  const sections = incident === undefined ? unknownSections(id, size) : sectionsOf(model, incident, size);
  return documentOf(sections);
}

const unknownSections = (id: string, { columns }: Size): readonly Section[] => [
  {
    title: '',
    lines: wrapText(`Nothing is known here of ${id}: it is not open, and closed ones were not read.`, columns - 2).map(
      (text) => line(` ${text}`),
    ),
  },
];

function sectionsOf(model: Model, incident: IncidentRow, size: Size): readonly Section[] {
  const { recoveries, attempts } = incident;
  return [
    { title: '', lines: headLines(model, incident, size) },
    { title: 'EVIDENCE', lines: evidenceLines(incident, size, model.look) },
    { title: `AGENTS ${incident.agents.length}`, lines: agentLines(model, incident, size) },
    { title: `ATTEMPTS ${attempts.length}`, lines: attemptLines(model, incident, size) },
    { title: `RECEIPTS ${recoveries.length}`, lines: receiptLines(model, incident, size) },
  ];
}

function headLines(model: Model, incident: IncidentRow, { columns }: Size): readonly Line[] {
  const { id, cause, mergedInto, firstRequestId, requestIds } = incident;
  const progress = progressOf(incident, model.fleet?.agents ?? [], model.now);
  const facts: readonly (readonly [string, string, Tone?])[] = [
    ['state', progress.text, progress.tone],
    ['reaches', reachOf(incident)],
    ['life', `${lifeOf(incident)}${mergedInto === null ? '' : `, merged into ${mergedInto}`}`],
    ...(firstRequestId === null
      ? []
      : ([['first', `request ${firstRequestId}${moreRequests(requestIds.length - 1)}`]] as const)),
  ];
  return [
    ...wrapText(oneLine(`${id} ${cause}: ${toldOf(cause)}`), columns - 2).map((text) =>
      line(` ${text}`, { bold: true }),
    ),
    ...facts.flatMap(([label, text, tone]) =>
      labelled(label, oneLine(text), LABEL_WIDTH, columns, tone === undefined ? {} : { tone }),
    ),
  ];
}

/** A newer daemon may know causes that this screen does not. */
const toldOf = (cause: Cause): string => (Object.hasOwn(CAUSES, cause) ? CAUSES[cause].told : '');

const moreRequests = (more: number): string => (more > 0 ? ` and ${count(more, 'other one')}` : '');

/** Failures of one kind are told once, with all whom they have met: what differs is who and which request. */
function evidenceLines(incident: IncidentRow, { columns }: Size, look: Look): readonly Line[] {
  const alike = new Map<string, { readonly names: Set<string>; times: number; request: string }>();
  for (const text of incident.evidence) {
    const { kind, name, request } = partsOf(oneLine(text), incident.agents);
    const seen = alike.get(kind) ?? { names: new Set(), times: 0, request: '' };
    alike.set(kind, seen);
    if (name !== '') seen.names.add(name);
    seen.times += 1;
    seen.request = request;
  }
  return [...alike].flatMap(([kind, { names, times, request }]): readonly Line[] => {
    const met = [
      ...(times > 1 ? [`${glyph('times', look)}${times}`] : []),
      ...(names.size > 0 ? [[...names].join(', ')] : []),
      ...(request === '' ? [] : [`${times > 1 ? 'last ' : ''}${request}`]),
    ];
    return [
      ...wrapText(kind, columns - 2).map((text) => line(` ${text}`)),
      ...(met.length === 0
        ? []
        : wrapText(met.join('  '), columns - 4).map((text) => line(`   ${text}`, { tone: 'dim' }))),
    ];
  });
}

/** `ada: 401 (request req_1): Failed to authenticate`. */
function partsOf(
  text: string,
  agents: readonly string[],
): { readonly kind: string; readonly name: string; readonly request: string } {
  const name = agents.find((agent) => text.startsWith(`${agent}: `)) ?? '';
  const said = name === '' ? text : text.slice(name.length + 2);
  const [found = '', request = ''] = / \((request [^)]+)\)/.exec(said) ?? [];
  return { kind: found === '' ? said : said.replace(found, ''), name, request };
}

type Member = {
  readonly name: string;
  readonly state: string;
  readonly health: string;
  readonly next: string;
  readonly isIn: boolean;
};

/** Who was ever in it, and how they are now. */
function agentLines(
  { fleet, look, now }: Model,
  { id, agents, closedAt }: IncidentRow,
  { columns }: Size,
): readonly PageLine[] {
  const members = agents.map((name): Member => {
    const row = fleet?.agents.find((agent) => agent.row.name === name)?.row;
    if (row === undefined) return { name, state: 'removed', health: '-', next: '', isIn: false };
    const next = row.nextAttemptAt === null ? '' : countdownOrTime(row.nextAttemptAt, now);
    return {
      name,
      state: row.state,
      health: row.health,
      next: row.incident === id ? next : '',
      isIn: row.incident === id,
    };
  });
  const all: readonly Column<Member>[] = [
    { title: 'AGENT', shortest: 12, cell: ({ name }) => name },
    { title: 'STATE', cell: ({ state }) => state },
    { title: 'HEALTH', cell: ({ health }) => health },
    { title: 'IN IT', yields: 2, cell: ({ isIn }) => (closedAt === null ? (isIn ? 'yes' : 'no more') : '') },
    { title: 'NEXT TRY', yields: 1, cell: ({ next }) => next },
  ];
  return tableLines(all, members, columns, look);
}

type Attempt = IncidentRow['attempts'][number];

const OUTCOME_TONES: Readonly<Record<string, Tone>> = {
  pending: 'warn',
  recovered: 'good',
  failed: 'bad',
  unproven: 'warn',
};

function attemptLines({ look, now }: Model, { attempts }: IncidentRow, { columns }: Size): readonly PageLine[] {
  const all: readonly Column<Attempt>[] = [
    { title: 'WHEN', cell: ({ at }) => (columns < COLUMNS_FULL_TIME ? clockTime(at, now) : localTime(at)) },
    { title: 'AGENT', shortest: 12, cell: ({ agent }) => agent },
    { title: 'TRIES FOR', yields: 1, cell: ({ canary }) => (canary ? 'all (canary)' : 'itself') },
    { title: 'OUTCOME', cell: ({ outcome }) => outcome, tone: ({ outcome }) => OUTCOME_TONES[outcome] },
    { title: 'RUN', yields: 2, cell: ({ run }) => (run === null ? '' : `#${run}`) },
  ];
  return tableLines(all, attempts, columns, look);
}

/** From here on there is room for the day and the second of each row. */
const COLUMNS_FULL_TIME = 80;

const receiptLines = ({ now }: Model, { recoveries }: IncidentRow, { columns }: Size): readonly Line[] =>
  recoveries.flatMap((receipt) =>
    labelled(clockTime(receipt.at, now), oneLine(`${receipt.agent}: ${receiptText(receipt)}`), CLOCK_WIDTH, columns),
  );

function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  look: Model['look'],
): readonly PageLine[] {
  if (rows.length === 0) return [];
  const { head, lines } = tableOf(columns, rows, width - 1, look);
  return [head, ...lines].map(indented);
}
