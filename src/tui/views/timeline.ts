import type { HistoryEvent } from '../../kernel/commands.ts';
import type { HistoryRow, RecoveryRow } from '../../protocol/rows.ts';
import { oneLine } from '../table.ts';

/**
 * under way: there is no process that listens yet · verifying: it listens and must answer · never ready, failed: another
 * one had to come · unproven: replaced before it had answered · ready: it listens, nothing had to be proven.
 */
export type Outcome =
  | 'under way'
  | 'waiting'
  | 'errored'
  | 'stopped'
  | 'never ready'
  | 'ready'
  | 'verifying'
  | 'recovered'
  | 'failed'
  | 'unproven'
  | '';

/** One line of the restart history. */
export type TimelineRow = {
  readonly at: string;
  readonly what: string;
  readonly cause: string | null;
  /** `2 in i7`. */
  readonly attempt: string | null;
  /** Of the process that it began. */
  readonly run: string | null;
  readonly outcome: Outcome;
  /** Null: it was not down, or nobody knows. */
  readonly downMs: number | null;
  /** Since when it is down. */
  readonly downSince: number | null;
  readonly detail: string;
};

/** A recovery as the history tells it. */
export type ToldRecovery = Omit<RecoveryRow, 'agent'> & {
  readonly incident: string | null;
  readonly cause: string | null;
};

export type Timeline = { readonly rows: readonly TimelineRow[]; readonly recoveries: readonly ToldRecovery[] };

/** A row while it is put together. */
type Draft = { -readonly [field in Exclude<keyof TimelineRow, 'detail'>]: TimelineRow[field] } & { notes: string[] };

type Folding = {
  readonly rows: Draft[];
  /** The row of the process that comes or has come last. */
  current: Draft | null;
  /** Why the last turn failed, until an attempt follows from it. */
  failure: string;
  /** The request that began the trouble. */
  failedRequestId: string | null;
  /** That it is in, as far as somebody has named it. */
  incident: string | null;
  readonly recoveries: ToldRecovery[];
};

/** The history of an agent, oldest first, as its restarts: what ended a process belongs to the one that took its place. */
export function timelineOf(history: readonly HistoryRow[]): Timeline {
  const folding: Folding = {
    rows: [],
    current: null,
    failure: '',
    failedRequestId: null,
    incident: null,
    recoveries: [],
  };
  for (const row of history) fold(folding, row);
  return {
    rows: folding.rows.map(({ notes, ...row }) => ({ ...row, detail: notes.map(oneLine).join('; ') })),
    recoveries: folding.recoveries,
  };
}

/** An event of a later version is left out. */
function fold(folding: Folding, row: HistoryRow): void {
  if (Object.hasOwn(FOLDS, row.event)) FOLDS[row.event as HistoryEvent](folding, row);
}

type Fold = (folding: Folding, row: HistoryRow) => void;

const leave: Fold = () => {};

/** Something that explains what follows, without a process that comes or goes. */
const asItsOwn =
  (what: string): Fold =>
  ({ rows }, row) => {
    rows.push({ ...blank(row, what), run: row.run, notes: row.detail === '' ? [] : [row.detail] });
  };

const FOLDS: Readonly<Record<HistoryEvent, Fold>> = {
  declared: asItsOwn('declared'),
  adopted: asItsOwn('adopted'),
  paused: asItsOwn('paused'),
  resumed: asItsOwn('resumed'),
  reset: asItsOwn('reset'),
  held: asItsOwn('held'),
  released: asItsOwn('released'),
  rotation: asItsOwn('rotation'),
  fallback: asItsOwn('fallback'),
  'message-failed': asItsOwn('message lost'),
  deleted: asItsOwn('deleted'),
  'incident-opened': inIncident,
  'incident-closed': leave,
  leftovers: note,
  stalled: (folding, row) => void (folding.failure = row.detail),
  'turn-failed': turnFailed,
  attempt: attempted,
  stopping,
  exited,
  stopped,
  waiting: (folding, row) => isDown(folding, row, 'waiting'),
  errored: (folding, row) => isDown(folding, row, 'errored'),
  starting: (folding, row) => began(folding, row, 'start'),
  restarting: (folding, row) => began(folding, row, 'restart'),
  'session-changed': note,
  ready,
  'attempt-failed': attemptFailed,
  recovered,
};

const blank = ({ at, cause }: HistoryRow, what: string): Draft => ({
  at,
  what,
  cause,
  attempt: null,
  run: null,
  outcome: '',
  downMs: null,
  downSince: null,
  notes: [],
});

/** The row for a process that is to come: the open one, as long as it has none. */
function coming(folding: Folding, row: HistoryRow): Draft {
  const { current } = folding;
  if (current !== null && current.run === null) return current;
  if (current !== null) giveUp(current, Date.parse(row.at));
  const draft: Draft = { ...blank(row, 'end'), outcome: 'under way' };
  folding.rows.push(draft);
  folding.current = draft;
  return draft;
}

/** Another process takes its place. */
function giveUp(draft: Draft, at: number): void {
  endDown(draft, at);
  if (draft.outcome === 'under way') draft.outcome = 'never ready';
  if (draft.outcome === 'verifying') draft.outcome = 'unproven';
}

function inIncident(folding: Folding, { detail }: HistoryRow): void {
  folding.incident = /^(i\d+):/.exec(detail)?.[1] ?? null;
}

function turnFailed(folding: Folding, { detail }: HistoryRow): void {
  folding.failure = detail;
  folding.failedRequestId ??= /\(request ([^)\s]+)\)/.exec(detail)?.[1] ?? null;
}

function attempted(folding: Folding, row: HistoryRow): void {
  const draft = coming(folding, row);
  draft.attempt = row.detail.replace(/^attempt /, '');
  folding.incident = / in (\S+)$/.exec(row.detail)?.[1] ?? folding.incident;
  draft.cause = row.cause;
  say(draft, takenFailure(folding));
}

function takenFailure(folding: Folding): string {
  const { failure } = folding;
  folding.failure = '';
  return failure;
}

function stopping(folding: Folding, row: HistoryRow): void {
  const draft = coming(folding, row);
  draft.cause ??= row.cause;
  draft.what = 'stopping';
  // An attempt's stop only repeats the name of the incident.
  if (draft.attempt === null) say(draft, row.detail);
  if (draft.attempt === null && row.cause !== 'operator') say(draft, takenFailure(folding));
}

function exited(folding: Folding, row: HistoryRow): void {
  const draft = coming(folding, row);
  const isAsked = draft.what === 'stopping';
  draft.what = 'end';
  draft.cause ??= row.cause;
  draft.downSince ??= Date.parse(row.at);
  // How a process ends that was told to is no news.
  if (!isAsked) say(draft, row.detail);
}

function stopped(folding: Folding, row: HistoryRow): void {
  const draft = coming(folding, row);
  draft.what = 'stop';
  draft.outcome = 'stopped';
  draft.cause = row.cause;
  draft.downSince = null;
  say(draft, row.detail);
  folding.current = null;
  outOfTrouble(folding);
}

function outOfTrouble(folding: Folding): void {
  folding.failure = '';
  folding.failedRequestId = null;
  folding.incident = null;
}

function isDown(folding: Folding, row: HistoryRow, outcome: 'waiting' | 'errored'): void {
  const draft = coming(folding, row);
  draft.outcome = outcome;
  draft.cause ??= row.cause;
  say(draft, row.detail);
}

function began(folding: Folding, row: HistoryRow, what: 'start' | 'restart'): void {
  const draft = coming(folding, row);
  draft.what = what;
  draft.run = row.run;
  draft.outcome = 'under way';
  draft.cause ??= row.cause;
}

function ready(folding: Folding, row: HistoryRow): void {
  const { current } = folding;
  if (current === null || current.run !== row.run || current.outcome !== 'under way') return;
  current.outcome = current.attempt === null ? 'ready' : 'verifying';
  endDown(current, Date.parse(row.at));
}

function endDown(draft: Draft, at: number): void {
  if (draft.downSince !== null) draft.downMs = Math.max(0, at - draft.downSince);
  draft.downSince = null;
}

/** Who has crashed in its attempt has a row for what follows already. */
function attemptFailed(folding: Folding, row: HistoryRow): void {
  const draft = folding.rows.findLast(({ run, attempt }) => attempt !== null && run === row.run);
  if (folding.failure === row.detail) folding.failure = '';
  if (draft === undefined) return;
  draft.outcome = 'failed';
  say(draft, row.detail);
}

function recovered(folding: Folding, row: HistoryRow): void {
  const at = Date.parse(row.at);
  const [, messageId = '', tries = '0', seconds = '0'] =
    /^answered (\S*) after (\d+) attempt\(s\), ([\d.]+) s$/.exec(row.detail) ?? [];
  const downMs = Math.round(Number(seconds) * 1000);
  folding.recoveries.push({
    failedRequestId: folding.failedRequestId,
    attempts: Number(tries),
    messageId: messageId === '' ? null : messageId,
    at: row.at,
    downMs,
    incident: folding.incident,
    cause: row.cause,
  });
  outOfTrouble(folding);
  const { current } = folding;
  // A process that is older than the trouble has answered by itself: nothing was restarted for it.
  const isItsOwn = current !== null && current.run === row.run && Date.parse(current.at) + SLACK_MS >= at - downMs;
  if (!isItsOwn) {
    folding.rows.push({ ...blank(row, 'answer'), run: row.run, outcome: 'recovered', downMs });
    return;
  }
  current.outcome = 'recovered';
  current.downMs = downMs;
  current.downSince = null;
}

/** The time down is told in tenths of a second. */
const SLACK_MS = 100;

/** Belongs to the process that comes, else stands for itself. */
function note(folding: Folding, row: HistoryRow): void {
  const { current } = folding;
  if (current !== null && isOpen(current)) say(current, row.detail);
  else asItsOwn(row.event === 'leftovers' ? 'leftovers' : 'session')(folding, row);
}

const isOpen = ({ outcome }: Draft): boolean =>
  outcome === 'under way' || outcome === 'waiting' || outcome === 'errored';

function say({ notes }: Draft, text: string): void {
  if (text !== '' && !notes.includes(text)) notes.push(text);
}
