import type { BoardAgent } from '../../protocol/board.ts';
import type { Health } from '../../kernel/causes.ts';
import { SHORT_CAUSES } from '../../wording/short-causes.ts';
import { stateGlyph, glyph } from '../glyphs.ts';
import { fitted, span, widthOf, type Align, type Line, type Look, type Span, type Tone } from '../line.ts';
import { ageAt, clockTime, countdownOrTime } from '../times.ts';

/** What a cell may ask beside its agent. */
export type Around = {
  readonly now: number;
  readonly look: Look;
  /** How many agents have been given the secret of that fingerprint. */
  readonly sharers: ReadonlyMap<string, number>;
};

type Column = {
  readonly title: string;
  readonly align: Align;
  /** The order in which columns give way on a narrow screen, lowest first; one without it stays. */
  readonly yields?: number;
  readonly widest: number;
  readonly cell: (agent: BoardAgent, around: Around) => string;
  /** What stands there instead when not even the columns that stay fit: cut in its middle it would say something else. */
  readonly brief?: (agent: BoardAgent, around: Around) => string;
  readonly tone?: (agent: BoardAgent) => Tone | undefined;
};

const HEALTH_TONES: Readonly<Record<Health, Tone | undefined>> = {
  unknown: 'dim',
  healthy: 'good',
  suspect: 'warn',
  wedged: 'bad',
  quiet: 'warn',
  verifying: 'warn',
  throttled: 'warn',
  capped: 'warn',
  held: 'bad',
  stalled: 'bad',
};

export const healthTone = (health: Health): Tone | undefined => HEALTH_TONES[health];

const stateTone = ({ row }: BoardAgent): Tone | undefined => {
  if (row.state === 'errored') return 'bad';
  if (row.state === 'stopped') return 'dim';
  return row.state === 'running' ? undefined : 'warn';
};

/** Who, how, since when it works, and when the next attempt comes never give way. */
const COLUMNS: readonly Column[] = [
  { title: 'NAME', align: 'left', widest: 24, cell: ({ row }) => row.name },
  {
    title: 'STATE',
    align: 'left',
    widest: 18,
    cell: ({ row }, { look }) => `${stateGlyph(row.state, look)} ${row.paused ? `${row.state}, paused` : row.state}`,
    brief: ({ row }, { look }) => `${stateGlyph(row.state, look)} ${row.paused ? 'paused' : row.state}`,
    tone: stateTone,
  },
  {
    title: 'HEALTH',
    align: 'left',
    widest: 9,
    cell: ({ row }) => row.health,
    tone: ({ row }) => healthTone(row.health),
  },
  { title: 'SINCE', align: 'right', yields: 10, widest: 5, cell: ({ row }, { now }) => ageAt(row.since, now) },
  { title: 'LAST GOOD', align: 'right', widest: 16, cell: lastGood, brief: lastGoodAge },
  {
    title: 'TURN',
    align: 'right',
    yields: 12,
    widest: 5,
    cell: ({ turnStartedAt }, { now }) => (turnStartedAt === null ? '' : ageAt(turnStartedAt, now)),
  },
  {
    title: 'QUE',
    align: 'right',
    yields: 11,
    widest: 5,
    cell: ({ row }) => (row.queued === 0 ? '' : String(row.queued)),
  },
  { title: 'NEXT', align: 'right', widest: 18, cell: next, brief: nextTime, tone: () => 'warn' },
  { title: 'RESTARTS', align: 'left', yields: 8, widest: 26, cell: restarts },
  {
    title: '401',
    align: 'right',
    yields: 7,
    widest: 5,
    cell: ({ row }) => (row.auth401s === 0 ? '' : String(row.auth401s)),
  },
  { title: 'CREDENTIAL', align: 'left', yields: 6, widest: 28, cell: credential },
  { title: 'MODEL', align: 'left', yields: 5, widest: 20, cell: ({ row }) => row.model ?? '' },
  {
    title: 'CPU',
    align: 'right',
    yields: 4,
    widest: 5,
    cell: ({ row }) => (row.cpu === null ? '' : `${Math.round(row.cpu)}%`),
  },
  {
    title: 'MEM',
    align: 'right',
    yields: 3,
    widest: 6,
    cell: ({ row }) => (row.rss === null ? '' : `${Math.round(row.rss / 2 ** 20)}M`),
  },
  { title: 'COST', align: 'right', yields: 2, widest: 9, cell: cost },
  { title: 'NAMESPACE', align: 'left', yields: 1, widest: 16, cell: ({ row }) => row.namespace },
];

/** Of the sentence at the end of a row, below which it is not begun. */
const WHY_MIN = 16;
const NAME_MIN = 10;
/** As long as that, names give way before anything else is said in fewer words. */
const NAME_GOOD = 16;
const GAP = 2;
/** Below half a cent nothing is shown. */
const COST_MIN = 0.005;

/** What stands in a row, a cell for each column that there is. */
type Cells = readonly string[];

/** Which columns are shown, how wide, and what is left for the reason. */
export type Layout = {
  readonly columns: readonly (Column & { readonly index: number; readonly width: number })[];
  readonly why: number;
  /** In the order of the agents. */
  readonly cells: readonly Cells[];
};

/** Each cell is made once a frame, those of agents beyond the edge too: columns do not change while a person scrolls. */
export function layoutOf(agents: readonly BoardAgent[], around: Around, width: number): Layout {
  let cells: readonly Cells[] = agents.map((agent) => COLUMNS.map(({ cell }) => cell(agent, around)));
  const measured = COLUMNS.map((column, index) => ({
    ...column,
    index,
    isEmpty: cells.every((row) => row[index] === ''),
    width: widthIn(cells, column, index),
  }));
  // Optional columns in which nothing stands only take room.
  let shown = measured.filter(({ yields, isEmpty }) => yields === undefined || !isEmpty);
  const total = (): number => shown.reduce((sum, column) => sum + column.width + GAP, 0);
  const wanted = agents.some((agent) => whyOf(agent) !== '') ? WHY_MIN : 0;
  const yielding = shown
    .filter(({ yields }) => yields !== undefined)
    .toSorted((one, other) => (one.yields ?? 0) - (other.yields ?? 0));
  for (const { title } of yielding) {
    if (total() + wanted <= width) break;
    shown = shown.filter((column) => column.title !== title);
  }
  const surplus = (): number => total() - GAP - width;
  shown = withNames(shown, surplus(), NAME_GOOD);
  for (const { title, index, brief } of shown) {
    if (brief === undefined || surplus() <= 0) continue;
    const briefly = agents.map((agent) => brief(agent, around));
    cells = cells.map((row, place) => row.map((text, at) => (at === index ? (briefly[place] ?? '') : text)));
    shown = shown.map((column) =>
      column.title === title ? { ...column, width: widthIn(cells, column, index) } : column,
    );
    shown = withNames(shown, surplus(), NAME_MIN);
  }
  const rest = width - total();
  return { columns: shown, cells, why: rest >= WHY_MIN / 2 ? rest : 0 };
}

const widthIn = (cells: readonly Cells[], { title, widest }: Column, index: number): number =>
  cells.reduce((most, row) => Math.max(most, Math.min(widest, widthOf(row[index] ?? ''))), title.length);

/** Names are cut by as much as is missing, but not below that. */
const withNames = <C extends { readonly width: number }>(columns: readonly C[], missing: number, least: number): C[] =>
  columns.map((column, place) =>
    place > 0 || missing <= 0
      ? column
      : { ...column, width: Math.min(column.width, Math.max(least, column.width - missing)) },
  );

export function headLine({ columns, why }: Layout, look: Look): Line {
  const titles = columns.map(({ title, width, align }) => `${fitted(title, width, align, look)}${' '.repeat(GAP)}`);
  return [span(`${titles.join('')}${why > 0 ? 'WHY' : ''}`.trimEnd(), { bold: true })];
}

/** `place`: of the agent among those that the layout was made for. */
export function agentLine(agent: BoardAgent, place: number, { columns, cells, why }: Layout, look: Look): Line {
  const texts = cells[place] ?? [];
  const parts = columns.flatMap(({ index, width, align, tone }, position): readonly Span[] => {
    const meaning = tone?.(agent);
    const text = fitted(texts[index] ?? '', width, align, look);
    // Behind the last one nothing stands: a blank too many would cost it its end.
    const gap = position === columns.length - 1 && why <= 0 ? [] : [span(' '.repeat(GAP))];
    return [span(text, meaning === undefined ? {} : { tone: meaning }), ...gap];
  });
  return why <= 0 ? parts : [...parts, span(fitted(whyOf(agent), why, 'left', look), { tone: 'dim' })];
}

/** Why it is not simply up and well: in few words, then in a sentence; '' when it is. */
export function whyOf({ row, fallback, cause, explanation }: BoardAgent): string {
  if (fallback !== null && row.incident === null)
    return `works on '${fallback}' while its own credential is in trouble`;
  const reason = withoutEvidence(explanation.why);
  return cause === null ? reason : [SHORT_CAUSES[cause], reason].filter((part) => part !== '').join(': ');
}

/** The evidence stands in the detail. */
const withoutEvidence = (why: string): string => why.replace(/ Evidence \(.*$/s, '').replaceAll('\n', ' ');

function lastGood({ row }: BoardAgent, { now }: Around): string {
  if (row.mode === 'command') return 'no turns';
  if (row.lastGoodTurnAt === null) return 'never';
  return `${ageAt(row.lastGoodTurnAt, now)} ${clockTime(row.lastGoodTurnAt, now)}`;
}

function lastGoodAge(agent: BoardAgent, around: Around): string {
  const { lastGoodTurnAt } = agent.row;
  return lastGoodTurnAt === null ? lastGood(agent, around) : ageAt(lastGoodTurnAt, around.now);
}

function nextTime({ row }: BoardAgent, { now }: Around): string {
  return row.nextAttemptAt === null ? '' : countdownOrTime(row.nextAttemptAt, now);
}

function next({ row }: BoardAgent, { now }: Around): string {
  if (row.nextAttemptAt === null) return '';
  const word =
    row.health === 'capped' ? 'resets' : row.state === 'waiting' || row.state === 'errored' ? 'start' : 'try';
  return `${word} ${countdownOrTime(row.nextAttemptAt, now)}`;
}

/** Each cause with its number; their sum in front where that says more. */
function restarts({ row }: BoardAgent): string {
  if (row.restarts === 0) return '';
  const causes = Object.entries(row.restartsByCause).toSorted((one, other) => other[1] - one[1]);
  const words = causes.map(([cause, times]) => `${times} ${cause}`).join(', ');
  return causes.length === 1 ? words : `${row.restarts}: ${words}`;
}

function credential({ row, fallback }: BoardAgent, { look, sharers }: Around): string {
  if (row.credential === null) return '';
  const { name, fingerprint } = row.credential;
  const shared = fingerprint === null ? 0 : (sharers.get(fingerprint) ?? 0);
  return [
    fallback ?? name,
    ...(fingerprint === null ? [] : [fingerprint]),
    ...(shared > 1 ? [`${glyph('times', look)}${shared}`] : []),
  ].join(' ');
}

/** What was paid, and in brackets what a subscription would have cost. */
function cost({ row }: BoardAgent): string {
  if (row.costUsd >= COST_MIN) return `$${row.costUsd.toFixed(2)}`;
  return row.notionalUsd >= COST_MIN ? `($${row.notionalUsd.toFixed(2)})` : '';
}

export function sharersOf(agents: readonly BoardAgent[]): ReadonlyMap<string, number> {
  const sharers = new Map<string, number>();
  for (const { row } of agents) {
    const fingerprint = row.credential?.fingerprint;
    if (fingerprint !== null && fingerprint !== undefined)
      sharers.set(fingerprint, (sharers.get(fingerprint) ?? 0) + 1);
  }
  return sharers;
}
