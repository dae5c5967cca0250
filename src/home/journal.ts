import { basename } from 'node:path';
import type { Event } from '../kernel/events.ts';
import { emptyFleet, type Fleet } from '../kernel/fleet.ts';
import type { Command } from '../kernel/commands.ts';
import type { Moment } from '../kernel/moment.ts';
import { step, type Step } from '../kernel/step.ts';
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
  /** What was wrong with the files; empty when all was well. */
  readonly damage: readonly Damage[];
};

/** For people, and the file that should be moved out of the way; null when something is missing and nothing wrong. */
export type Damage = { readonly what: string; readonly file: string | null };

/**
 * Snapshot plus replay gives the same fleet that the last daemon had. Nothing is written here, so that a read-only verb
 * can look without a daemon.
 *
 * @throws when a file cannot be read for another reason than that it is not there.
 */
export function loadState(home: string): State {
  const damage: Damage[] = [];
  const snapshot = loadSnapshot(home, damage);
  let fleet = snapshot?.fleet ?? emptyFleet;
  let seq = snapshot?.seq ?? 0;
  const replayed: { seq: number; commands: readonly Command[] }[] = [];
  for (const entry of loadEntries(home, damage)) {
    if (entry.seq <= seq) continue;
    if (entry.seq !== seq + 1) {
      damage.push({ what: `the journal jumps from ${seq} to ${entry.seq}`, file: null });
    }
    const next = replay(fleet, entry, damage);
    fleet = next.fleet;
    seq = entry.seq;
    replayed.push({ seq, commands: next.commands });
  }
  return { fleet, seq, replayed, damage };
}

/** An event without the ones before it, or one that somebody has changed, must not keep a daemon from beginning. */
function replay(fleet: Fleet, { seq, event, moment }: JournalEntry, damage: Damage[]): Step {
  try {
    return step(fleet, eventOfOlder(event), moment);
  } catch (error) {
    damage.push({ what: `event ${seq} of the journal cannot be taken in: ${String(error)}`, file: null });
    return { fleet, commands: [] };
  }
}

function loadSnapshot(home: string, damage: Damage[]): Snapshot | null {
  const file = snapshotFile(home);
  for (const path of [file, previousFile(file)]) {
    const text = readIfThere(path);
    if (text === null) continue;
    const snapshot = parseSnapshot(text);
    if (snapshot !== null) return snapshot;
    damage.push({ what: `${basename(path)} is damaged`, file: path });
  }
  return null;
}

function parseSnapshot(text: string): Snapshot | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const snapshot = value as Partial<Snapshot>;
    const isWhole = snapshot.format === 1 && typeof snapshot.seq === 'number' && snapshot.fleet?.format === 1;
    if (!isWhole) return null;
    // What an older daemon did not keep is empty.
    const fleet = fleetOfOlder({ ...emptyFleet, ...snapshot.fleet });
    // What is JSON but no fleet shows when something is asked of it.
    if (fleet.seen !== null) step(fleet, { type: 'tick' }, { ...fleet.seen, roll: 0.5 });
    return { ...snapshot, fleet } as Snapshot;
  } catch {
    // Not JSON, or no fleet: the caller reports the file and takes the one before.
    return null;
  }
}

function loadEntries(home: string, damage: Damage[]): readonly JournalEntry[] {
  const file = journalFile(home);
  return [previousFile(file), file].flatMap((path) => {
    const { values, torn, damaged } = readLines(path);
    const entries = values.filter(isEntry);
    const foreign = values.length - entries.length;
    if (damaged || foreign > 0)
      damage.push({ what: `${basename(path)} has ${torn + foreign} damaged line(s)`, file: path });
    return entries;
  });
}

function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<JournalEntry>;
  return typeof entry.seq === 'number' && typeof entry.event === 'object' && typeof entry.moment === 'object';
}
