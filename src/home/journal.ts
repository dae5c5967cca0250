import type { Event } from '../kernel/events.ts';
import { emptyFleet, type Fleet } from '../kernel/fleet.ts';
import type { Command } from '../kernel/commands.ts';
import type { Moment } from '../kernel/moment.ts';
import { step } from '../kernel/step.ts';
import { readIfThere, readLines } from './ndjson.ts';
import { eventOfOlder, fleetOfOlder } from './older-state.ts';
import { journalFile, snapshotFile } from './paths.ts';

/** One line of the journal: an event, when it was seen, and its number; the numbers have no gaps. */
export type JournalEntry = { readonly seq: number; readonly moment: Moment; readonly event: Event };

export type Snapshot = { readonly format: 1; readonly seq: number; readonly fleet: Fleet };

export const previousFile = (path: string): string => path.replace(/(\.[a-z]+)$/, '.prev$1');

export type State = {
  readonly fleet: Fleet;
  /** Number of the last event that is in it. */
  readonly seq: number;
  /** Commands of the replayed events, for those effects that the host can see it has not carried out. */
  readonly replayed: readonly { readonly seq: number; readonly commands: readonly Command[] }[];
  /** What was wrong with the files, for people; empty when all was well. */
  readonly damage: readonly string[];
};

/**
 * Snapshot plus replay gives the same fleet that the last daemon had. Nothing is written here, so that a read-only verb
 * can look without a daemon.
 *
 * @throws when a file cannot be read for another reason than that it is not there.
 */
export function loadState(home: string): State {
  const damage: string[] = [];
  const snapshot = loadSnapshot(home, damage);
  let fleet = snapshot?.fleet ?? emptyFleet;
  let seq = snapshot?.seq ?? 0;
  const replayed: { seq: number; commands: readonly Command[] }[] = [];
  for (const entry of loadEntries(home, damage)) {
    if (entry.seq <= seq) continue;
    if (entry.seq !== seq + 1) {
      damage.push(`the journal jumps from ${seq} to ${entry.seq}`);
    }
    const next = step(fleet, eventOfOlder(entry.event), entry.moment);
    fleet = next.fleet;
    seq = entry.seq;
    replayed.push({ seq, commands: next.commands });
  }
  return { fleet, seq, replayed, damage };
}

function loadSnapshot(home: string, damage: string[]): Snapshot | null {
  const file = snapshotFile(home);
  for (const path of [file, previousFile(file)]) {
    const text = readIfThere(path);
    if (text === null) continue;
    const snapshot = parseSnapshot(text);
    if (snapshot !== null) return snapshot;
    damage.push(`${path} is damaged`);
  }
  return null;
}

function parseSnapshot(text: string): Snapshot | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const snapshot = value as Partial<Snapshot>;
    const isWhole = snapshot.format === 1 && typeof snapshot.seq === 'number' && snapshot.fleet?.format === 1;
    // What an older daemon did not keep is empty.
    return isWhole ? ({ ...snapshot, fleet: fleetOfOlder({ ...emptyFleet, ...snapshot.fleet }) } as Snapshot) : null;
  } catch {
    // Not JSON: the caller reports the file and takes the one before.
    return null;
  }
}

function loadEntries(home: string, damage: string[]): readonly JournalEntry[] {
  const file = journalFile(home);
  return [previousFile(file), file].flatMap((path) => {
    const { values, torn } = readLines(path);
    // One torn line at the end is what a crash leaves and no damage.
    if (torn > 1) damage.push(`${path} has ${torn} damaged lines`);
    return values.filter(isEntry);
  });
}

function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<JournalEntry>;
  return typeof entry.seq === 'number' && typeof entry.event === 'object' && typeof entry.moment === 'object';
}
