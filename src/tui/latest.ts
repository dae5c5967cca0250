import type { EventRow } from '../protocol/rows.ts';

/** Of what happened last: more than any screen shows. */
export const EVENTS_KEPT_MAX = 100;

/** With what has just happened; what was read from the history already is not shown twice. */
export function latest(known: readonly EventRow[], news: readonly EventRow[]): readonly EventRow[] {
  if (news.length === 0) return known;
  const seen = new Set(known.map(keyOf));
  return [...known, ...news.filter((event) => !seen.has(keyOf(event)))].slice(-EVENTS_KEPT_MAX);
}

const keyOf = ({ at, agent, run, event, detail }: EventRow): string => [at, agent, run, event, detail].join(' ');
