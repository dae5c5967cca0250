import { mkdirSync } from 'node:fs';
import { reach } from '#failpoint';
import type { JournalEntry } from '../home/journal.ts';
import { historyFile, incidentsFile, journalFile, stateFolder } from '../home/paths.ts';
import { isAfter, lastPlace, toEventRow, type HistoryLine, type IncidentLine, type Place } from '../home/records.ts';
import type { Command } from '../kernel/commands.ts';
import type { Fleet } from '../kernel/fleet.ts';
import { Appender } from './appender.ts';
import { RecordFile } from './record-file.ts';
import type { NoticeTray } from './outbox/outbox.ts';
import { SnapshotFile, takeUp } from './state-files.ts';

/** The journal is folded into a snapshot when it is longer than this. */
export const JOURNAL_BYTES_MAX = 4 * 1024 * 1024;
/** Of history and incidents the last file and the one before it are kept. */
export const RECORDS_BYTES_MAX = 8 * 1024 * 1024;

/** Where the daemon's memory lives. A disk that refuses never stops the daemon: `refusals` says what is not safe. */
export interface Store {
  append(entries: readonly JournalEntry[]): void;
  sync(): Promise<void>;
  /** Appends the records among an event's commands, and puts its notices into the outbox. */
  record(seq: number, commands: readonly Command[]): void;
  /** The same for a replayed event: what the daemon before this one has written already is left out. */
  recordMissing(seq: number, commands: readonly Command[]): void;
  /** Folds the journal into a snapshot when it is long, or when the disk refused it. */
  tidy(fleet: Fleet, seq: number): void;
  /** Folds it in any case. */
  save(fleet: Fleet, seq: number): void;
  /** What the disk does not take, and why; empty when all is safe. */
  refusals(): readonly string[];
  /**
   * Looks whether the files are as they were left here. What somebody has damaged, cut or removed is moved aside and written
   * anew from memory.
   *
   * @returns what was found, for people
   */
  mend(fleet: Fleet, seq: number): readonly string[];
  /** Leaves a snapshot and an empty journal. */
  close(fleet: Fleet, seq: number): void;
}

export function openStore(home: string, notices: NoticeTray): Store {
  mkdirSync(stateFolder(home), { recursive: true, mode: 0o700 });
  return new FileStore(home, notices);
}

/** How far the records had come before this daemon; null in the place of each: as if there were none. */
type Written = { readonly history: Place | null; readonly incidents: Place | null; readonly notices: Place | null };

const NOTHING: Written = { history: null, incidents: null, notices: null };

class FileStore implements Store {
  readonly #snapshot: SnapshotFile;
  readonly #journal: Appender;
  readonly #history: RecordFile;
  readonly #incidents: RecordFile;
  readonly #notices: NoticeTray;
  readonly #written: Written;
  /** What the disk refuses: its name and the reason. */
  readonly #refused = new Map<string, string>();

  constructor(home: string, notices: NoticeTray) {
    this.#snapshot = new SnapshotFile(home);
    this.#notices = notices;
    this.#written = {
      history: lastPlace(historyFile(home)),
      incidents: lastPlace(incidentsFile(home)),
      notices: notices.last,
    };
    this.#journal = new Appender(journalFile(home));
    this.#history = new RecordFile(historyFile(home), RECORDS_BYTES_MAX);
    this.#incidents = new RecordFile(incidentsFile(home), RECORDS_BYTES_MAX);
  }

  append(entries: readonly JournalEntry[]): void {
    // After a refused write the file may end in half a line: only a snapshot makes the state safe again.
    if (this.#refused.has('journal')) return;
    reach('journal:begin', 'append');
    this.#attempt('journal', () => this.#journal.append(entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')));
    reach('journal:appended', 'append');
    reach('journal:end', 'append');
  }

  async sync(): Promise<void> {
    reach('journal:begin', 'sync');
    try {
      await this.#journal.sync();
      reach('journal:synced', 'sync');
    } catch (error) {
      this.#refused.set('journal', reasonOf(error));
    }
    reach('journal:end', 'sync');
  }

  record(seq: number, commands: readonly Command[]): void {
    this.#record(seq, commands, NOTHING);
  }

  recordMissing(seq: number, commands: readonly Command[]): void {
    this.#record(seq, commands, this.#written);
  }

  /**
   * Only a replayed event is compared with the files: after a power cut or a full disk they may be ahead of the
   * journal.
   */
  #record(seq: number, commands: readonly Command[], written: Written): void {
    commands.forEach((command, index) => {
      const place = { seq, index };
      if (command.type === 'record' && isAfter(place, written.history)) {
        const line: HistoryLine = { ...place, entry: toEventRow(command) };
        this.#attempt('history', () => this.#history.append(`${JSON.stringify(line)}\n`));
      }
      if (command.type === 'file-incident' && isAfter(place, written.incidents)) {
        const line: IncidentLine = { ...place, incident: command.incident };
        this.#attempt('incidents', () => this.#incidents.append(`${JSON.stringify(line)}\n`));
      }
      if (command.type === 'notice' && isAfter(place, written.notices)) {
        this.#notices.put(place, command.notice, command.channels);
      }
    });
  }

  tidy(fleet: Fleet, seq: number): void {
    if (this.#refused.size === 0 && this.#journal.bytes < JOURNAL_BYTES_MAX) return;
    this.#fold(fleet, seq);
  }

  save(fleet: Fleet, seq: number): void {
    this.#fold(fleet, seq);
  }

  refusals(): readonly string[] {
    const lost = this.#history.lost + this.#incidents.lost;
    const refused = [...this.#refused].map(([what, reason]) => `${what}: ${reason}`);
    return lost === 0 ? refused : [...refused, `${lost} lines of history and incidents are lost`];
  }

  mend(fleet: Fleet, seq: number): readonly string[] {
    // What the disk refuses is written anew as soon as it does not.
    if (this.#refused.size > 0) return [];
    const found: string[] = [];
    // What fails here is done by the next fold.
    this.#attempt('journal', () => {
      if (!this.#snapshot.isOurs) found.push(this.#snapshot.setForeignAside());
      for (const file of [this.#journal, this.#history.file, this.#incidents.file])
        if (!file.isOurs) found.push(takeUp(file));
    });
    if (found.length > 0) this.#fold(fleet, seq);
    return found;
  }

  close(fleet: Fleet, seq: number): void {
    this.#fold(fleet, seq);
    this.#journal.close();
    this.#history.file.close();
    this.#incidents.file.close();
  }

  /** The snapshot first: until it is whole, the old one and the journal stay what they are. */
  #fold(fleet: Fleet, seq: number): void {
    this.#attempt('history', () => this.#history.flush());
    this.#attempt('incidents', () => this.#incidents.flush());
    reach('snapshot:begin', '');
    const isSafe = this.#attempt('snapshot', () => this.#snapshot.write({ format: 1, seq, fleet }));
    if (isSafe && this.#attempt('journal', () => this.#journal.rotate())) this.#refused.delete('snapshot');
    reach('snapshot:end', '');
  }

  #attempt(what: string, act: () => void): boolean {
    try {
      act();
      this.#refused.delete(what);
      return true;
    } catch (error) {
      this.#refused.set(what, reasonOf(error));
      return false;
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
