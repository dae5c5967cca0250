import { existsSync } from 'node:fs';
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { piecesOf, type LogPiece } from '../../home/log-pieces.ts';
import { hasCode } from '../../home/system-error.ts';
import { lineFeedsIn, markBase } from './cut.ts';
import { runFiles } from './run-files.ts';
import { bytesKept, runsOldestFirst } from './stored-runs.ts';

/** Output that went for want of room: what falls over a limit is counted. */
export type Dropped = { readonly bytes: number; readonly lines: number };

export const NOTHING_DROPPED: Dropped = { bytes: 0, lines: 0 };

export const sumOf = (one: Dropped, other: Dropped): Dropped => ({
  bytes: one.bytes + other.bytes,
  lines: one.lines + other.lines,
});

/** Lines in all output of a run. */
export async function linesOf(runDir: string): Promise<number> {
  const { stdout, stderr } = runFiles(runDir);
  let lines = 0;
  for (const { path } of [...piecesOf(stdout), ...piecesOf(stderr)]) lines += await countLines(path);
  return lines;
}

/** One buffer for all of it: a stream would leave the collector more than the daemon may use. */
async function countLines(path: string): Promise<number> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    // Somebody else has removed it.
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
  try {
    const chunk = Buffer.allocUnsafeSlow(READ_BYTES);
    for (let lines = 0; ;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return lines;
      lines += lineFeedsIn(chunk.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

const READ_BYTES = 256 * 1024;

/** Removes a piece; where it was the last one, an empty one keeps the place from which the live file is counted. */
export async function dropPiece(live: string, piece: LogPiece): Promise<Dropped> {
  const lines = await countLines(piece.path);
  const last = piecesOf(live).findLast((one) => !one.live);
  if (last?.path === piece.path) markBase(live, piece.end);
  await rm(piece.path, { force: true });
  return { bytes: piece.end - piece.base, lines };
}

/** Of a live run: a `log.maxSize` of next to nothing must not fill the folder with files. */
export const PIECES_MAX = 1_000;

export type Trim = {
  readonly agentDir: string;
  /** Its files are written to: of it only pieces go. */
  readonly liveRun: string | null;
  readonly totalBytesMax: number;
  /** More has to go, though the total allows it. */
  readonly isNeeded: () => boolean;
};

/** Drops the oldest output of an agent, whole runs first, then pieces of the live one, as long as there is too much of it. */
export async function dropOldest({ agentDir, liveRun, totalBytesMax, isNeeded }: Trim): Promise<Dropped> {
  let dropped = NOTHING_DROPPED;
  let bytes = await bytesKept(agentDir);
  const isTooMuch = (): boolean => bytes > totalBytesMax || isNeeded();
  const count = (one: Dropped): void => {
    dropped = sumOf(dropped, one);
    bytes -= one.bytes;
  };
  for (const run of await runsOldestFirst(agentDir)) {
    if (!isTooMuch() && run !== liveRun) continue;
    const runDir = join(agentDir, 'runs', run);
    if (run !== liveRun && Number(run) < Number(liveRun ?? Infinity)) count(await dropRun(runDir));
    else if (run === liveRun) {
      const pieces = await piecesByAge(runDir);
      for (const [index, { live, piece }] of pieces.entries()) {
        const areTooMany = pieces.length - index > PIECES_MAX;
        if ((areTooMany || isTooMuch()) && existsSync(piece.path)) count(await dropPiece(live, piece));
      }
    }
  }
  return dropped;
}

async function dropRun(runDir: string): Promise<Dropped> {
  const { stdout, stderr } = runFiles(runDir);
  const bytes = [...piecesOf(stdout), ...piecesOf(stderr)].reduce((sum, { base, end }) => sum + end - base, 0);
  const lines = await linesOf(runDir);
  await rm(runDir, { recursive: true, force: true });
  return { bytes, lines };
}

type AgedPiece = { readonly live: string; readonly piece: LogPiece; readonly writtenAt: number };

async function piecesByAge(runDir: string): Promise<AgedPiece[]> {
  const { stdout, stderr } = runFiles(runDir);
  const all = [stdout, stderr].flatMap((live) =>
    piecesOf(live)
      .filter((piece) => !piece.live && piece.end > piece.base)
      .map((piece) => ({ live, piece })),
  );
  const aged = await Promise.all(all.map(async (one) => ({ ...one, writtenAt: (await stat(one.piece.path)).mtimeMs })));
  return aged.toSorted((one, other) => one.writtenAt - other.writtenAt || one.piece.base - other.piece.base);
}
