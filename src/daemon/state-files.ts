import { linkSync, mkdirSync, renameSync, rmSync, statSync, type Stats } from 'node:fs';
import { basename } from 'node:path';
import { reach } from '#failpoint';
import { syncFolder, writeWhole } from '../home/durable.ts';
import { previousFile, type Snapshot } from '../home/journal.ts';
import { readIfThere, readLines } from '../home/ndjson.ts';
import { snapshotFile, stateFolder } from '../home/paths.ts';
import { setAside, setLinesAside } from '../home/quarantine.ts';
import { hasCode } from '../home/system-error.ts';
import type { Appender } from './appender.ts';

/** The snapshot on the disk, and whether it is still the one that was written or read here. */
export class SnapshotFile {
  readonly #home: string;
  readonly #path: string;
  #known: Stats | null;

  constructor(home: string) {
    this.#home = home;
    this.#path = snapshotFile(home);
    this.#known = this.#look();
  }

  /** @throws what the disk says; the last good one is there then, here or as the previous one. */
  write(snapshot: Snapshot): void {
    const tmp = `${this.#path}.tmp`;
    mkdirSync(stateFolder(this.#home), { recursive: true, mode: 0o700 });
    try {
      writeWhole(tmp, JSON.stringify(snapshot));
    } catch (error) {
      // Half a snapshot on a full disk would take the room that the next one needs.
      rmSync(tmp, { force: true });
      throw error;
    }
    reach('snapshot:written', '');
    keepPrevious(this.#path);
    renameSync(tmp, this.#path);
    reach('snapshot:renamed', '');
    this.#known = this.#look();
    syncFolder(stateFolder(this.#home));
  }

  get isOurs(): boolean {
    return isSame(this.#known, this.#look());
  }

  /** @returns what was found, for people. @throws what the disk says. */
  setForeignAside(): string {
    const name = basename(this.#path);
    if (readIfThere(this.#path) === null) return `${name} was removed`;
    // Whatever it holds, it is not what is known here, and must not become the last good one.
    setAside(this.#path);
    return `${name} was changed by somebody`;
  }

  #look(): Stats | null {
    return statSync(this.#path, { throwIfNoEntry: false }) ?? null;
  }
}

/** Takes up a file of lines that somebody has damaged, cut or removed. @returns what was found, for people. */
export function takeUp(file: Appender): string {
  const name = basename(file.path);
  const there = statSync(file.path, { throwIfNoEntry: false });
  const isDamaged = there !== undefined && readLines(file.path).damaged;
  file.reopen(isDamaged ? setLinesAside(file.path) : (there?.size ?? 0));
  if (there === undefined) return `${name} was removed`;
  return isDamaged ? `${name} was damaged` : `${name} was changed by somebody`;
}

const isSame = (one: Stats | null, other: Stats | null): boolean =>
  one?.ino === other?.ino && one?.dev === other?.dev && one?.size === other?.size && one?.mtimeMs === other?.mtimeMs;

/** In the place of the one before only when there is one: what was moved aside must not cost the last good one. */
function keepPrevious(path: string): void {
  const tmp = `${path}.keep`;
  rmSync(tmp, { force: true });
  try {
    linkSync(path, tmp);
  } catch (error) {
    // There is none before the first snapshot.
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  renameSync(tmp, previousFile(path));
}
