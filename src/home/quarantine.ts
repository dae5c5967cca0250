import { existsSync, linkSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from './durable.ts';
import { previousFile } from './journal.ts';
import { readIfThere, readLines } from './ndjson.ts';
import { historyFile, incidentsFile, mintsFile, outboxFile, stateFolder } from './paths.ts';

/**
 * A damaged file of the state is moved aside and never thrown away: somebody may want to look at it, and what was in it may be
 * all that tells why.
 */

/** Of each file so many damaged ones are kept, the latest. */
export const CORRUPT_KEPT_MAX = 3;

const MARK = '.corrupt-';

/** Names of the damaged files that are kept, oldest first. */
export function corruptFiles(home: string): readonly string[] {
  const folder = stateFolder(home);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.includes(MARK))
    .toSorted((one, other) => (stampOf(one) < stampOf(other) ? -1 : 1));
}

/** @throws what the disk says. */
export function setAside(file: string): void {
  renameSync(file, freePath(file));
  dropOldest(file);
}

/**
 * The same for a file of lines, whose good lines stay in its place. Ended in the middle, it is done once more.
 *
 * @returns how many bytes those are. @throws what the disk says.
 */
export function setLinesAside(file: string): number {
  const { values } = readLines(file);
  const good = values.map((value) => `${JSON.stringify(value)}\n`).join('');
  // What is no file at all may be a folder, which has no second name.
  if (lstatSync(file).isFile()) linkSync(file, freePath(file));
  else renameSync(file, freePath(file));
  replaceFile(file, good);
  dropOldest(file);
  return Buffer.byteLength(good);
}

/** Files beside journal and snapshot that hold more damage than a crash leaves. */
export function damagedRecords(home: string): readonly string[] {
  const files = [historyFile(home), incidentsFile(home), outboxFile(home)];
  const lines = files.flatMap((file) => [previousFile(file), file]).filter((file) => readLines(file).damaged);
  return isJsonOrNone(mintsFile(home)) ? lines : [...lines, mintsFile(home)];
}

export const holdsLines = (file: string): boolean => file.endsWith('.ndjson');

function isJsonOrNone(file: string): boolean {
  try {
    JSON.parse(readIfThere(file) ?? 'null');
    return true;
  } catch {
    return false;
  }
}

const stampOf = (name: string): string => name.slice(name.indexOf(MARK));

function freePath(file: string): string {
  const stamp = new Date().toISOString().replaceAll(/[-:.]/g, '');
  for (let n = 0; ; n += 1) {
    const path = `${file}${MARK}${stamp}${n === 0 ? '' : `-${n}`}`;
    if (!existsSync(path)) return path;
  }
}

function dropOldest(file: string): void {
  const folder = dirname(file);
  const own = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(file)}${MARK}`))
    .toSorted();
  for (const name of own.slice(0, -CORRUPT_KEPT_MAX)) rmSync(join(folder, name), { force: true, recursive: true });
}
