import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { hasCode } from './system-error.ts';

/**
 * What a run has printed to one stream is one row of bytes, counted from its first one. While the run lives its front is
 * moved out of the live file into pieces, each a file beside it that is named by the offset of its first byte
 * (`stdout.000000052428800.ndjson`); the live file begins where the last piece ends. A piece that is missing was dropped.
 *
 * A piece is written as `….part`, whole, before the live file is emptied, and gets its name afterwards, while those who
 * write stand still: so a live file that is shorter than such a part has been emptied, and no other one has.
 */
export type LogPiece = {
  readonly path: string;
  /** Offset of the file's first byte. */
  readonly base: number;
  /** Where what only this piece holds begins: two may overlap when a daemon died while it shortened one. */
  readonly from: number;
  readonly end: number;
  readonly live: boolean;
};

const OFFSET_DIGITS = 15;
const PART = '.part';

export const pieceFile = (live: string, base: number): string => {
  const extension = extname(live);
  const name = basename(live, extension);
  return join(dirname(live), `${name}.${String(base).padStart(OFFSET_DIGITS, '0')}${extension}`);
};

export const partFile = (live: string, base: number): string => `${pieceFile(live, base)}${PART}`;

type Found = { readonly path: string; readonly base: number; readonly bytes: number };

/** All pieces of a stream, oldest first, the live file last; empty when there is none of them. */
export function piecesOf(live: string): readonly LogPiece[] {
  for (;;) {
    const pieces = tryPieces(live);
    if (pieces !== null) return pieces;
  }
}

/** Offset of the live file's first byte. */
export const liveBase = (live: string): number => endOf(piecesOf(live).filter((piece) => !piece.live));

/** The parts of a cut that was not finished. */
export const partsOf = (live: string): readonly Found[] => filesBeside(live, PART);

const endOf = (pieces: readonly LogPiece[]): number => pieces.at(-1)?.end ?? 0;

/** null: it was cut during the look. */
function tryPieces(live: string): readonly LogPiece[] | null {
  // Before the others are looked for: a live file that is seen emptied has its part or its piece already.
  const before = sizeOf(live);
  const parts = filesBeside(live, PART).filter(({ bytes }) => (before ?? 0) < bytes);
  const found = [...filesBeside(live, ''), ...parts].toSorted((one, other) => one.base - other.base);
  const after = sizeOf(live);
  if ((after ?? 0) < (before ?? 0)) return null;
  const pieces: LogPiece[] = [];
  let end = 0;
  for (const { path, base, bytes } of found) {
    if (base + bytes < end || (base + bytes === end && bytes > 0)) continue;
    const from = Math.max(base, end);
    end = base + bytes;
    pieces.push({ path, base, from, end, live: false });
  }
  if (after !== null) pieces.push({ path: live, base: end, from: end, end: end + after, live: true });
  return pieces;
}

function filesBeside(live: string, suffix: string): Found[] {
  const extension = extname(live);
  const begin = `${basename(live, extension)}.`;
  const end = `${extension}${suffix}`;
  return namesIn(dirname(live)).flatMap((name) => {
    const digits = name.slice(begin.length, -end.length);
    const isPiece = name.startsWith(begin) && name.endsWith(end) && /^\d{15,}$/.test(digits);
    const path = join(dirname(live), name);
    const bytes = isPiece ? sizeOf(path) : null;
    return bytes === null ? [] : [{ path, base: Number(digits), bytes }];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // The whole run was dropped.
    if (isMissing(error)) return [];
    throw error;
  }
}

/** null: there is no such file, or its folder is none any more. */
export function sizeOf(path: string): number | null {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');

/** gone: the bytes up to `to` were dropped. */
export type LogRead = { readonly bytes: Buffer; readonly at: number } | { readonly gone: true; readonly to: number };

/** How often a file that is cut or dropped under the reader is looked for anew. */
const LOOKS_MAX = 100;

/** Reads a stream by the offsets of its bytes, whichever file they are in, also while that changes. */
export class LogReader {
  readonly #live: string;

  constructor(live: string) {
    this.#live = live;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return endOf(piecesOf(this.#live));
  }

  /** What stands at `at` and behind it, at most so many bytes; null when there is nothing yet. */
  forwards(at: number, bytesMax: number): LogRead | null {
    return this.#stable(at, (pieces) => {
      const piece = pieces.find(({ end }) => at < end);
      if (piece === undefined) return null;
      if (at < piece.from) return { gone: true, to: piece.from };
      return read(piece, at, Math.min(bytesMax, piece.end - at));
    });
  }

  /** What stands in front of `end`, at most so many bytes; null at the begin. `gone`: go on in front of `to`. */
  backwards(end: number, bytesMax: number): LogRead | null {
    return this.#stable(end, (pieces) => {
      const piece = pieces.findLast(({ from }) => from < end);
      if (piece === undefined) return end > 0 ? { gone: true, to: 0 } : null;
      if (end > piece.end) return { gone: true, to: piece.end };
      const bytes = Math.min(bytesMax, end - piece.from);
      return read(piece, end - bytes, bytes);
    });
  }

  /** A live file may be emptied between the look and the read: what was read counts when its base is still the same. */
  #stable(at: number, act: (pieces: readonly LogPiece[]) => LogRead | null | 'moved'): LogRead | null {
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      const pieces = piecesOf(this.#live);
      const found = act(pieces);
      if (found === 'moved') continue;
      const live = pieces.at(-1);
      const isOfLive = live?.live === true && found !== null && 'bytes' in found && at >= live.from;
      if (!isOfLive || liveBase(this.#live) === live.base) return found;
    }
    return null;
  }
}

function read(piece: LogPiece, at: number, length: number): LogRead | 'moved' {
  let file: number;
  try {
    file = openSync(piece.path, 'r');
  } catch (error) {
    if (isMissing(error)) return 'moved';
    throw error;
  }
  try {
    const bytes = Buffer.allocUnsafe(length);
    const bytesRead = readSync(file, bytes, 0, length, at - piece.base);
    return bytesRead < length ? 'moved' : { bytes, at };
  } finally {
    closeSync(file);
  }
}
