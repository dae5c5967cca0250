import type { IncidentRow } from '../../protocol/rows.ts';
import type { BoardAgent } from '../../protocol/board.ts';
import { ageOf } from '../../wording/ages.ts';
import type { Tone } from '../line.ts';
import type { Model } from '../model.ts';
import { countdownOrTime } from '../times.ts';

/** How far an incident is, in few words, and how much that should worry. */
export type Progress = { readonly text: string; readonly tone: Tone };

/** Open: what comes next, by the agents that are in it · closed: after how long, or where it went on. `now`: ms since the epoch. */
export function progressOf(incident: IncidentRow, agents: readonly BoardAgent[], now: number): Progress {
  const { openedAt, closedAt, mergedInto } = incident;
  if (mergedInto !== null) return { text: `merged into ${mergedInto}`, tone: 'dim' };
  if (closedAt !== null)
    return { text: `closed after ${ageOf(Math.max(0, Date.parse(closedAt) - Date.parse(openedAt)))}`, tone: 'good' };
  return openProgress(membersOf(incident, agents), now);
}

/** How far it reaches: `credential max`. Of what there is one only, kind and name are the same word. */
export const reachOf = ({ scope, key }: Pick<IncidentRow, 'scope' | 'key'>): string =>
  (scope as string) === key ? scope : `${scope} ${key}`;

/** Those who are in it now; who has answered has left it. */
const membersOf = ({ id }: IncidentRow, agents: readonly BoardAgent[]): readonly BoardAgent[] =>
  agents.filter(({ row }) => row.incident === id);

function openProgress(members: readonly BoardAgent[], now: number): Progress {
  if (members.some(({ row }) => row.health === 'verifying'))
    return { text: 'open, an attempt is under way', tone: 'warn' };
  const [next] = members
    .flatMap(({ row }) => row.nextAttemptAt ?? [])
    .toSorted((one, other) => Date.parse(one) - Date.parse(other));
  if (next !== undefined) return { text: `next try ${countdownOrTime(next, now)}`, tone: 'warn' };
  if (members.some(({ row }) => row.health === 'held')) return { text: 'open, needs a person', tone: 'bad' };
  return { text: 'open', tone: 'warn' };
}

/** All incidents that this screen knows, each once, as they were last told. Newest first; open ones before the others. */
export function knownIncidents(model: Model): readonly IncidentRow[] {
  const byId = new Map<string, IncidentRow>();
  for (const view of model.views) {
    if (view.at === 'incidents') for (const incident of view.all ?? []) byId.set(incident.id, incident);
  }
  for (const incident of model.fleet?.incidents ?? []) byId.set(incident.id, incident);
  return ordered([...byId.values()]);
}

const ordered = (incidents: readonly IncidentRow[]): readonly IncidentRow[] =>
  incidents.toSorted(
    (one, other) =>
      Number(one.closedAt !== null) - Number(other.closedAt !== null) ||
      // Of one form: the later one is the greater one.
      (one.openedAt < other.openedAt ? 1 : one.openedAt > other.openedAt ? -1 : 0),
  );
