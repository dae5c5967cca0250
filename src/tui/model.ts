import type { AgentResult, DaemonStatus, Description } from '../protocol/api.ts';
import type { CredentialRow } from '../protocol/auth-rows.ts';
import type { Board, BoardAgent } from '../protocol/board.ts';
import type { EventRow, HistoryRow, IncidentRow } from '../protocol/rows.ts';
import type { Action } from './action.ts';
import type { LogEntry, LogRun } from './log-entry.ts';
import type { Look, Size, Tone } from './line.ts';

/** All that the screen shows and all that a key may depend on: plain data, changed by `update` alone. Times are ms since the epoch. */
export type Model = {
  readonly now: number;
  /** When somebody last pressed a key; before the first one, when the screen was opened. */
  readonly touchedAt: number;
  readonly size: Size;
  readonly look: Look;
  readonly readonly: boolean;
  readonly link: Link;
  /** Null before the first answer. */
  readonly fleet: FleetState | null;
  /** What happened last, oldest first, bounded. */
  readonly events: readonly EventRow[];
  /** What is shown, the top one last. */
  readonly views: readonly [FleetView, ...View[]];
  /** A line of text that is being typed. */
  readonly prompt: Prompt | null;
  readonly confirm: Confirm | null;
  /** What the last action came to, until it is old. */
  readonly notice: Notice | null;
  /** Actions that have not been answered. */
  readonly pending: readonly { readonly action: Action; readonly since: number }[];
  /** The whole height for the view: no header, no explanation. */
  readonly zoomed: boolean;
};

/** offline: no daemon; what is shown stands in the files · lost: there was one, and the next one is looked for. */
export type Link =
  | { readonly at: 'connecting' }
  | { readonly at: 'live' }
  | { readonly at: 'lost'; readonly since: number; readonly why: string }
  | { readonly at: 'offline'; readonly alive: number };

/** Its incidents are the open ones, and those that were closed while this screen looked, oldest first. */
export type FleetState = Board;

export type SortBy = 'trouble' | 'name' | 'good' | 'restarts' | 'queued' | 'cpu' | 'memory' | 'cost';

export type FleetView = {
  readonly at: 'fleet';
  /** The name of an agent; null: the first one. */
  readonly selected: string | null;
  readonly sort: SortBy;
  readonly reversed: boolean;
  readonly filter: string;
  readonly namespace: string | null;
};

export type AgentView = {
  readonly at: 'agent';
  readonly name: string;
  readonly top: number;
  readonly description: Description | null;
  /** Newest last, bounded; null: not read yet. */
  readonly history: readonly HistoryRow[] | null;
  /** Rows of the history that were read and let go, because only so many are kept. */
  readonly dropped: number;
};

export type IncidentsView = {
  readonly at: 'incidents';
  /** The id of an incident, or `credential:NAME`; null: the first one. */
  readonly selected: string | null;
  /** All that are known, open and closed; null: not read yet. */
  readonly all: readonly IncidentRow[] | null;
};

export type IncidentView = { readonly at: 'incident'; readonly id: string; readonly top: number };

export type LogsView = {
  readonly at: 'logs';
  readonly name: string;
  /** The run that is shown; null: all, with the one that is under way. */
  readonly run: string | null;
  /** The kept ones, oldest first. */
  readonly runs: readonly LogRun[];
  readonly raw: boolean;
  readonly wrap: boolean;
  /** New lines are shown as they come. */
  readonly follow: boolean;
  /** Oldest first, bounded; null: not read yet. */
  readonly entries: readonly LogEntry[] | null;
  /** Entries that were read and let go, because only so many are kept. */
  readonly dropped: number;
  /** The first line on the screen, when new lines are not followed. */
  readonly top: LogPlace;
  /** Columns to the left that are not shown, when lines are not wrapped. */
  readonly left: number;
  /** As it was typed: a text or a /regular expression/. */
  readonly search: string;
  /** What `n` goes on from: an entry, and where in its text. */
  readonly match: LogMatch | null;
};

/** A line of an entry, so that a text stays where it is when others come and go and when the screen becomes narrower. */
export type LogPlace = { readonly entry: number; readonly line: number };

/** An entry, and a place in its text in UTF-16 units. */
export type LogMatch = { readonly entry: number; readonly at: number };

export type HelpView = {
  readonly at: 'help';
  readonly top: number;
  /** Of the view that it was asked in, and of everywhere. */
  readonly sections: readonly {
    readonly title: string;
    readonly keys: readonly { readonly keys: readonly string[]; readonly does: string }[];
  }[];
};

export type View = FleetView | AgentView | IncidentsView | IncidentView | LogsView | HelpView;

export type Prompt = {
  readonly kind: 'filter' | 'search' | 'command' | 'message';
  readonly text: string;
  /** Where the next character goes, in UTF-16 units. */
  readonly cursor: number;
  /** Of a message: to whom. */
  readonly agent: string | null;
};

export type Confirm = { readonly action: Action; readonly question: string };

export type Notice = { readonly text: string; readonly tone: Tone; readonly until: number };

/** Everything that happens to the screen. */
export type Message =
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'pasted'; readonly text: string }
  | { readonly type: 'resized'; readonly size: Size }
  /** Time has passed. */
  | { readonly type: 'tick' }
  | { readonly type: 'board'; readonly fleet: FleetState }
  | { readonly type: 'changed'; readonly change: FleetChange }
  | { readonly type: 'offline'; readonly fleet: FleetState; readonly alive: number }
  | { readonly type: 'lost'; readonly why: string }
  | { readonly type: 'acted'; readonly action: Action; readonly results: readonly AgentResult[] }
  | { readonly type: 'sent'; readonly action: Action; readonly id: string }
  | { readonly type: 'refused'; readonly action: Action | null; readonly why: string }
  | {
      readonly type: 'agent-read';
      readonly name: string;
      readonly description: Description | null;
      readonly history: readonly HistoryRow[];
    }
  | { readonly type: 'events-read'; readonly events: readonly EventRow[] }
  | { readonly type: 'incidents-read'; readonly all: readonly IncidentRow[] }
  | {
      readonly type: 'log-read';
      readonly name: string;
      readonly runs: readonly LogRun[];
      readonly entries: readonly LogEntry[];
    }
  | {
      readonly type: 'log-grew';
      readonly name: string;
      readonly runs: readonly LogRun[];
      readonly entries: readonly LogEntry[];
      /** Lines that came too fast to be shown. */
      readonly dropped: number;
    };

export type FleetChange = {
  readonly agents: readonly BoardAgent[];
  readonly removed: readonly string[];
  readonly incidents: readonly IncidentRow[];
  readonly credentials: readonly CredentialRow[] | null;
  readonly status: DaemonStatus | null;
  readonly events: readonly EventRow[];
  readonly usage: Readonly<Record<string, { readonly cpu: number | null; readonly rss: number | null }>>;
};

/** What the screen asks of the world. */
export type Effect =
  | { readonly type: 'act'; readonly action: Action }
  | { readonly type: 'read-agent'; readonly name: string }
  | { readonly type: 'read-incidents' }
  | { readonly type: 'read-events' }
  /** Reads the last lines and goes on with what is written, until the next one or `close-log`. */
  | { readonly type: 'open-log'; readonly name: string; readonly run: string | null; readonly raw: boolean }
  | { readonly type: 'close-log' }
  | { readonly type: 'repaint' }
  | { readonly type: 'suspend' }
  | { readonly type: 'quit' };

export type Step = { readonly model: Model; readonly effects: readonly Effect[] };

export const still = (model: Model): Step => ({ model, effects: [] });
export const topView = ({ views }: Model): View => views.at(-1) ?? views[0];
