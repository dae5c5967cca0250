import type { Command } from '../kernel/commands.ts';
import type { Incident } from '../kernel/trouble.ts';
import { iso, incidentRow } from '../protocol/views.ts';
import type { EventRow, IncidentRow } from '../protocol/rows.ts';
import { readLines } from './ndjson.ts';
import { previousFile } from './journal.ts';
import { historyFile, incidentsFile } from './paths.ts';

/**
 * History and incidents are files of their own, appended after the journal. Each line carries the number of the event
 * that caused it and its place among that event's commands, so that after a crash the missing ones can be added.
 */
export type Place = { readonly seq: number; readonly index: number };
export type HistoryLine = Place & { readonly entry: EventRow };
export type IncidentLine = Place & { readonly incident: Incident };

export const toEventRow = (command: Extract<Command, { type: 'record' }>): EventRow => ({
  agent: command.agent,
  at: iso(command.at),
  run: command.run,
  event: command.event,
  cause: command.cause,
  detail: command.detail,
});

/** The recorded events, oldest first, of one agent or of all. */
export function readHistory(home: string, agent?: string): readonly EventRow[] {
  return both(historyFile(home))
    .filter(isHistoryLine)
    .map((line) => line.entry)
    .filter((entry) => agent === undefined || entry.agent === agent);
}

/** Every incident as it was last written, oldest first. */
export const readIncidents = (home: string): readonly IncidentRow[] => readRawIncidents(home).map(incidentRow);

/** The same as the kernel keeps them, with what the rows leave out. */
export function readRawIncidents(home: string): readonly Incident[] {
  const latest = new Map<string, Incident>();
  for (const line of both(incidentsFile(home))) {
    if (isIncidentLine(line)) latest.set(line.incident.id, line.incident);
  }
  return [...latest.values()];
}

/** The place of the last line in a file, null when it has none. */
export function lastPlace(file: string): Place | null {
  const last = both(file).findLast(isPlace);
  return last ?? null;
}

export const isAfter = (place: Place, last: Place | null): boolean =>
  last === null || place.seq > last.seq || (place.seq === last.seq && place.index > last.index);

const both = (file: string): readonly unknown[] => [previousFile(file), file].flatMap((path) => readLines(path).values);

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const place = value as Partial<Place>;
  return typeof place.seq === 'number' && typeof place.index === 'number';
}

const isHistoryLine = (value: unknown): value is HistoryLine => isPlace(value) && 'entry' in value;
const isIncidentLine = (value: unknown): value is IncidentLine => isPlace(value) && 'incident' in value;
