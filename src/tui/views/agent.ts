import type { BoardAgent } from '../../protocol/board.ts';
import type { AgentRow, HistoryRow } from '../../protocol/rows.ts';
import { restartsOf } from '../../wording/agent-facts.ts';
import { documentOf, scrollKeys, windowOf, type Document, type Section } from '../document.ts';
import { line, wrapText, type Line, type Size } from '../line.ts';
import type { AgentView, Effect, FleetChange, Message, Model } from '../model.ts';
import type { ViewKind } from '../view.ts';
import { explanationLines, factSections } from './agent-facts.ts';
import { restartSections } from './agent-restarts.ts';
import { daySection } from './day.ts';

/** Rows of an agent's history that its view keeps; the file has more. */
export const HISTORY_KEPT_MAX = 2_000;

/** Who opens it asks `read-agent`. */
export const agentView = (name: string): AgentView => ({
  at: 'agent',
  name,
  top: 0,
  description: null,
  history: null,
  dropped: 0,
});

export const agentKind: ViewKind<AgentView> = {
  title: ({ name }) => name,
  keymap: scrollKeys(agentDocument),
  lines: (model, view, size) => windowOf(agentDocument(model, view, size), view.top, size, model.look),
  hear,
};

function agentDocument(model: Model, view: AgentView, size: Size): Document {
  const { columns } = size;
  const live = model.fleet?.agents.find(({ row }) => row.name === view.name) ?? null;
  const row = live?.row ?? view.description?.agent ?? null;
  const total = row === null ? '' : restartsOf(row);
  const sections: readonly Section[] = [
    { title: '', lines: headLines(model, view, live, columns) },
    ...daySections(model, view, columns),
    ...restartSections(model, view, total, columns),
    ...(row === null
      ? []
      : factSections({ row, fallback: live?.fallback ?? null }, view.description, model.now, columns)),
  ];
  return documentOf(sections);
}

function headLines({ fleet }: Model, view: AgentView, live: BoardAgent | null, columns: number): readonly Line[] {
  if (live !== null) return explanationLines(live.explanation, columns);
  const words = fleet === null ? `${view.name}: the daemon has not answered yet.` : goneWords(view);
  return wrapText(words, columns - 2).map((text) => line(` ${text}`, { bold: true }));
}

function goneWords({ name, description, history }: AgentView): string {
  const wasThere = description !== null || (history ?? []).length > 0;
  if (!wasThere) return `There is no agent ${name}.`;
  return `${name} was removed. Below is what was known of it.`;
}

/** Good turns are counted by the daemon alone. */
function daySections({ now, look, link }: Model, { description }: AgentView, columns: number): readonly Section[] {
  if (description !== null) return [daySection(description.activity, now, columns, look)];
  const why = link.at === 'offline' ? 'known to the daemon alone, which does not run' : 'not read yet';
  return [{ title: 'LAST 24 HOURS', lines: [line(` ${why}`, { tone: 'dim' })] }];
}

type Heard = { readonly view: AgentView; readonly effects: readonly Effect[] };

function hear(model: Model, view: AgentView, message: Message): Heard {
  const quiet = { view, effects: [] };
  const read: Effect = { type: 'read-agent', name: view.name };
  switch (message.type) {
    case 'agent-read':
      return message.name === view.name ? { view: afterReading(view, message), effects: [] } : quiet;
    case 'changed':
      return afterChange(view, message.change, read);
    // What happened while nobody was connected is in no change.
    case 'board':
      return { view, effects: isThere(model, view.name) ? [read] : [] };
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
    case 'incidents-read':
    case 'log-read':
    case 'log-grew':
      return quiet;
  }
}

const isThere = ({ fleet }: Model, name: string): boolean =>
  fleet?.agents.some(({ row }) => row.name === name) === true;

/** An event that came while the answer was on its way stays. */
function afterReading(view: AgentView, { description, history }: Extract<Message, { type: 'agent-read' }>): AgentView {
  const last = history.at(-1);
  const newer = (view.history ?? []).filter(({ at }) => last === undefined || Date.parse(at) > Date.parse(last.at));
  const read = { ...view, description: description ?? view.description, history: [], dropped: 0 };
  return withEvents(read, [...history, ...newer]);
}

function afterChange(view: AgentView, { agents, events }: FleetChange, read: Effect): Heard {
  const own = events.filter(({ agent }) => agent === view.name).map(withoutName);
  const heard = own.length === 0 || view.history === null ? view : withEvents(view, own);
  const row = agents.find((agent) => agent.row.name === view.name)?.row;
  const { description } = heard;
  // The first reading is still under way.
  if (row === undefined || description === null) return { view: heard, effects: [] };
  return {
    view: { ...heard, description: { ...description, agent: row } },
    effects: countsOf(row) === countsOf(description.agent) ? [] : [read],
  };
}

/** What the day and the facts that are not in the row depend on. */
const countsOf = ({ lastGoodTurnAt, restarts, run, lastTurn }: AgentRow): string =>
  JSON.stringify([lastGoodTurnAt, restarts, run, lastTurn]);

/** What was just read may be told once more. */
function withEvents(view: AgentView, events: readonly HistoryRow[]): AgentView {
  const before = view.history ?? [];
  const known = new Set(before.slice(-REPEATED_MAX).map(keyOf));
  const news = events.filter((event) => !known.has(keyOf(event)));
  const all = [...before, ...news];
  const dropped = Math.max(0, all.length - HISTORY_KEPT_MAX);
  return { ...view, history: all.slice(dropped), dropped: view.dropped + dropped };
}

/** As many events as come at once. */
const REPEATED_MAX = 500;

const keyOf = ({ at, run, event, detail }: HistoryRow): string => JSON.stringify([at, run, event, detail]);

const withoutName = ({ at, run, event, cause, detail }: HistoryRow): HistoryRow => ({ at, run, event, cause, detail });
