import { closeSync, constants, readFileSync } from 'node:fs';
import { NotPlain, openPlain } from './plain.ts';
import { hasCode } from './system-error.ts';

/** As what reads whatever stands in the place of a file of ours and is none: as damage, which is moved aside. */
const NO_FILE = '\0';

/** The text of a file, null when there is none. Other troubles are thrown: they must not look like an empty state. */
export function readIfThere(path: string): string | null {
  try {
    const file = openPlain(path, constants.O_RDONLY);
    try {
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    if (error instanceof NotPlain) return NO_FILE;
    throw error;
  }
}

export type Lines = {
  readonly values: readonly unknown[];
  /** Lines that are no JSON: torn by a crash or a full disk. */
  readonly torn: number;
  /** More is wrong with it than the one half of a line that a crash leaves. */
  readonly damaged: boolean;
};

/** Reads newline-delimited JSON as far as it is whole. */
export function readLines(path: string): Lines {
  const text = readIfThere(path);
  if (text === null) return { values: [], torn: 0, damaged: false };
  const values: unknown[] = [];
  let torn = 0;
  let isForeign = false;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      values.push(JSON.parse(line));
    } catch {
      // A line that a crash cut is no news: what it said was never acted on.
      torn += 1;
      isForeign ||= !isOwnBeginning(line) || line.includes('\0');
    }
  }
  return { values, torn, damaged: torn > 1 || isForeign };
}

/** Every line of ours is an object with something in it. A power cut leaves zeros, anything else is somebody's. */
const OWN_BEGINNING = '{"';

/** A crash may have left no more of it than its first character. */
const isOwnBeginning = (line: string): boolean => line.startsWith(OWN_BEGINNING) || OWN_BEGINNING.startsWith(line);
