import type { BoardAgent } from '../protocol/board.ts';
import { needsPerson } from '../wording/trouble-lines.ts';
import type { FleetView, Model, SortBy } from './model.ts';

/** The order in which `o` goes through them. */
export const SORTS: readonly SortBy[] = ['trouble', 'name', 'good', 'restarts', 'queued', 'cpu', 'memory', 'cost'];

/** The agents that the table shows, in its order. */
export function shownAgents({ fleet }: Model, view: FleetView): readonly BoardAgent[] {
  if (fleet === null) return [];
  const shown = fleet.agents.filter((agent) => isWanted(agent, view));
  const ordered = shown.toSorted((one, other) => ORDERS[view.sort](one, other) || byName(one, other));
  return view.reversed ? ordered.toReversed() : ordered;
}

/** The chosen one, else the first that is shown. */
export function selectedAgent(model: Model, view: FleetView): BoardAgent | null {
  const shown = shownAgents(model, view);
  return shown.find(({ row }) => row.name === view.selected) ?? shown[0] ?? null;
}

export function namespacesOf({ fleet }: Model): readonly string[] {
  return [...new Set((fleet?.agents ?? []).map(({ row }) => row.namespace))].toSorted();
}

/** A filter is looked for in all that stands in words in a row. */
function isWanted({ row, fallback, cause, explanation }: BoardAgent, { filter, namespace }: FleetView): boolean {
  if (namespace !== null && row.namespace !== namespace) return false;
  if (filter === '') return true;
  const words = [
    row.name,
    row.namespace,
    row.state,
    row.health,
    row.incident,
    row.credential?.name,
    row.credential?.fingerprint,
    row.model,
    row.paused ? 'paused' : null,
    fallback,
    cause,
    explanation.why,
    ...Object.keys(row.restartsByCause),
  ];
  const text = words
    .filter((word) => word !== null && word !== undefined)
    .join(' ')
    .toLowerCase();
  return filter
    .toLowerCase()
    .split(' ')
    .every((word) => text.includes(word));
}

type Order = (one: BoardAgent, other: BoardAgent) => number;

/** What is unknown comes last. */
const descending =
  (valueOf: (agent: BoardAgent) => number | null): Order =>
  (one, other) =>
    (valueOf(other) ?? -1) - (valueOf(one) ?? -1);

const byName: Order = (one, other) => (one.row.name < other.row.name ? -1 : one.row.name > other.row.name ? 1 : 0);

const ORDERS: Readonly<Record<SortBy, Order>> = {
  trouble: (one, other) => troubleOf(one) - troubleOf(other),
  name: byName,
  // Who has not answered for longest comes first; who never did, last.
  good: (one, other) => goodAt(one) - goodAt(other),
  restarts: descending(({ row }) => row.restarts),
  queued: descending(({ row }) => row.queued),
  cpu: descending(({ row }) => row.cpu),
  memory: descending(({ row }) => row.rss),
  cost: descending(({ row }) => row.costUsd + row.notionalUsd),
};

const goodAt = ({ row }: BoardAgent): number =>
  row.lastGoodTurnAt === null ? Infinity : Date.parse(row.lastGoodTurnAt);

/** The lower, the sooner a person wants to see it. */
export function troubleOf({ row }: BoardAgent): number {
  if (needsPerson(row)) return 0;
  switch (row.health) {
    case 'wedged':
    case 'stalled':
    case 'quiet':
    case 'suspect':
    case 'verifying':
      return 1;
    case 'throttled':
    case 'capped':
      return 2;
    case 'held':
      return 0;
    case 'healthy':
    case 'unknown':
      return row.state === 'running' ? 4 : row.state === 'stopped' ? 5 : 3;
  }
}
