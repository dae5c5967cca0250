import * as nodeFs from 'node:fs';
import { reach } from '#failpoint';
import { liveBase, partFile, partsOf, pieceFile, piecesOf } from '../../home/log-pieces.ts';
import { invariant } from '../../kernel/invariant.ts';

/** What a cut does to the disk, so that a test can let the machine die in front of each of it. */
export type CutDisk = Pick<
  typeof nodeFs,
  | 'openSync'
  | 'closeSync'
  | 'readSync'
  | 'writeSync'
  | 'fsync'
  | 'fstatSync'
  | 'ftruncateSync'
  | 'renameSync'
  | 'rmSync'
>;

export type Cut = {
  /** The live file. */
  readonly path: string;
  /** Of what is in it this much is kept, from the start of a line; null: all. At least 1. */
  readonly keepBytesMax: number | null;
  /** Settles when nobody writes to it any more and all of it was heard; rejects when that cannot be had. */
  readonly still: () => Promise<void>;
  /** The cut goes up to this offset, and is written down. */
  readonly intend: (upTo: number) => Promise<void>;
  /** Called in the moment in which the file was emptied: it begins at this offset from now on. */
  readonly emptied: (base: number) => void;
  readonly disk?: CutDisk;
};

export type CutEnd = { readonly base: number; readonly bytesDropped: number; readonly linesDropped: number };

/** What is read at once, between two turns of the event loop. */
const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;
/** A line that is longer is kept from its middle. */
const LINE_SEARCH_BYTES = 1024 * 1024;

/**
 * Moves what is in a live file into a piece, whole or its end, and empties it. The agent has the file open with O_APPEND,
 * so it goes on at its new begin. Most is copied while it still writes; then it must stand still. A daemon that dies at
 * any point of this leaves either a part, which is as if nothing had happened, or a part behind an emptied file, which
 * every reader takes for the piece that it is; `mendCuts` then gives it its name.
 *
 * When this has settled, however it did, the caller mends what is left of it and lets the writers go on.
 */
export async function cutLive(cut: Cut): Promise<CutEnd> {
  const { path, keepBytesMax } = cut;
  const disk = cut.disk ?? nodeFs;
  const base = liveBase(path);
  const live = disk.openSync(path, 'r+');
  let part: string | null = keepBytesMax === null ? partFile(path, base) : null;
  let target: number | null = null;
  try {
    const copier = { disk, live, from: 0, lines: 0 };
    if (part !== null) {
      target = disk.openSync(part, 'w', 0o600);
      await copy(copier, target, disk.fstatSync(live).size);
      await flush(disk, target);
    }
    await cut.still();
    reach('cut:still', path);
    const { size } = disk.fstatSync(live);
    if (size === 0) return { base, bytesDropped: 0, linesDropped: 0 };
    const kept = keepBytesMax === null ? 0 : keptFrom(disk, live, size, keepBytesMax);
    if (target === null) {
      await copy(copier, null, kept);
      part = partFile(path, base + kept);
      target = disk.openSync(part, 'w', 0o600);
    }
    const linesDropped = copier.lines;
    await copy(copier, target, size);
    await flush(disk, target);
    await cut.intend(base + size);
    reach('cut:intended', path);
    // Whoever escaped the stop has not been heard: then it is another time's cut.
    if (disk.fstatSync(live).size !== size) throw new NotStill('somebody has written to it meanwhile');
    invariant(part !== null && size > kept, 'an emptied file is shorter than its part');
    // What was copied, even if another file stands at the path by now.
    disk.ftruncateSync(live);
    reach('cut:emptied', path);
    cut.emptied(base + size);
    disk.renameSync(part, pieceFile(path, base + kept));
    reach('cut:renamed', path);
    return { base: base + size, bytesDropped: kept, linesDropped };
  } finally {
    disk.closeSync(live);
    if (target !== null) disk.closeSync(target);
  }
}

/** The file could not be cut now. */
export class NotStill extends Error {}

type Copier = { readonly disk: CutDisk; readonly live: number; from: number; lines: number };

/** Up to the offset; without a target it only counts lines. */
async function copy(copier: Copier, target: number | null, to: number): Promise<void> {
  const { disk, live } = copier;
  const chunk = Buffer.allocUnsafeSlow(Math.max(1, Math.min(CHUNK_BYTES, to - copier.from)));
  while (copier.from < to) {
    const bytes = disk.readSync(live, chunk, 0, Math.min(chunk.length, to - copier.from), copier.from);
    if (bytes === 0) throw new NotStill('somebody else has emptied it');
    const read = chunk.subarray(0, bytes);
    if (target === null) copier.lines += lineFeedsIn(read);
    else for (let at = 0; at < bytes; at += disk.writeSync(target, read, at));
    copier.from += bytes;
    await nextTurn();
  }
}

/** Or a power cut could take lines of last week, which had long been safe. */
const flush = (disk: CutDisk, file: number): Promise<void> =>
  new Promise((done, refused) => disk.fsync(file, (error) => (error === null ? done() : refused(error))));

const nextTurn = (): Promise<void> => new Promise((done) => setImmediate(done));

export function lineFeedsIn(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === LINE_FEED) lines += 1;
  return lines;
}

/** The first line that begins in what may be kept; its middle when none does within reach. */
function keptFrom(disk: CutDisk, live: number, size: number, bytesMax: number): number {
  const offset = size - bytesMax;
  if (offset <= 0) return 0;
  const bytes = Buffer.allocUnsafe(Math.min(LINE_SEARCH_BYTES, bytesMax + 1));
  const bytesRead = disk.readSync(live, bytes, 0, bytes.length, offset - 1);
  const lineFeed = bytes.subarray(0, bytesRead).indexOf(LINE_FEED);
  const from = offset + lineFeed;
  return lineFeed < 0 || from >= size ? offset : from;
}

/**
 * What a cut that did not come to its end has left, also one of a daemon that died, is finished or taken back. Nobody may have written since: it is
 * called before those who stand still go on.
 */
export function mendCuts(live: string, disk: CutDisk = nodeFs): void {
  const isPiece = new Set(piecesOf(live).map(({ path }) => path));
  for (const { path, base } of partsOf(live)) {
    if (isPiece.has(path)) disk.renameSync(path, pieceFile(live, base));
    else disk.rmSync(path, { force: true });
  }
}

/** What follows is counted from `base` on, though no piece ends there: what was before is gone. */
export function markBase(live: string, base: number): void {
  nodeFs.closeSync(nodeFs.openSync(pieceFile(live, base), 'w', 0o600));
}
