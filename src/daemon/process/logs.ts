import { rm } from 'node:fs/promises';
import { piecesOf } from '../../home/log-pieces.ts';
import { cutLive } from './cut.ts';
import { dropPiece, linesOf, NOTHING_DROPPED, sumOf, type Dropped } from './dropping.ts';
import { runFiles } from './run-files.ts';
import { storedRuns, sumBytes, type StoredRun } from './stored-runs.ts';

export type Retention = {
  /** Finished runs to keep. */
  readonly keep: number;
  /** Over all runs of the agent, the live one included. */
  readonly totalBytesMax: number;
  /** What is kept of a log that alone is larger than the total allows. */
  readonly sizeBytesMax: number;
};

export type Retired = {
  readonly runs: readonly string[];
  /**
   * Logs of which only the end was kept; `bytes` were dropped from their front, so it is the new base of their offsets.
   */
  readonly cut: readonly RunCut[];
  readonly bytesDropped: number;
  /** What went because of the total, and not because of its age. */
  readonly beyondTotal: Dropped;
};

type RunCut = Dropped & { readonly run: string; readonly file: 'stdout' | 'stderr' };

/**
 * Every run writes files of its own, so a run's end is a rotation already and its log is kept whole: the oldest runs go
 * first, beyond `keep` and beyond the total. Only the newest finished run, whose last lines say why it ended, is cut to
 * its end instead of dropped when it is larger than the total by itself.
 *
 * @param upTo a run that is over; one with a higher number may have begun meanwhile and is not touched
 */
export async function retireRuns(
  agentDir: string,
  retention: Retention,
  liveRun: string | null,
  upTo: string | null = null,
): Promise<Retired> {
  const stored = await storedRuns(agentDir);
  const isOver = (run: string): boolean => run !== liveRun && (upTo === null || Number(run) <= Number(upTo));
  const finished = stored.filter(({ run }) => isOver(run)).toReversed();
  let room = retention.totalBytesMax - sumBytes(stored.filter(({ run }) => run === liveRun));
  const runs: string[] = [];
  const cut: Retired['cut'][number][] = [];
  let bytesDropped = 0;
  let beyondTotal = NOTHING_DROPPED;
  let isFull = false;
  for (const [age, candidate] of finished.entries()) {
    let bytes = candidate.stdoutBytes + candidate.stderrBytes;
    if (age === 0 && bytes > room && room > 0 && retention.keep > 0) {
      const cuts = await cutRun(candidate, Math.min(room, retention.sizeBytesMax));
      cut.push(...cuts);
      const dropped = cuts.reduce((sum: Dropped, one) => sumOf(sum, one), NOTHING_DROPPED);
      beyondTotal = sumOf(beyondTotal, dropped);
      bytesDropped += dropped.bytes;
      bytes -= dropped.bytes;
    }
    // Once a run has gone for want of room all older ones go too: what is kept has no holes.
    isFull ||= age >= retention.keep || bytes > room;
    room -= bytes;
    if (!isFull) continue;
    if (age < retention.keep) beyondTotal = sumOf(beyondTotal, { bytes, lines: await linesOf(candidate.runDir) });
    await rm(candidate.runDir, { recursive: true, force: true });
    runs.push(candidate.run);
    bytesDropped += bytes;
  }
  return { runs: runs.toReversed(), cut, bytesDropped, beyondTotal };
}

/**
 * Removes what every ended run has left. `liveRun` is asked after the look into the folder: a run that has begun since is
 * not among those that were seen, and one that has ended never begins again.
 */
export async function dropEndedRuns(
  agentDir: string,
  liveRun: () => string | null,
): Promise<{ readonly runs: readonly string[]; readonly bytes: number }> {
  const stored = await storedRuns(agentDir);
  const live = liveRun();
  const ended = stored.filter(({ run }) => run !== live);
  await Promise.all(ended.map(({ runDir }) => rm(runDir, { recursive: true, force: true })));
  return { runs: ended.map(({ run }) => run), bytes: sumBytes(ended) };
}

/** stderr is usually small and says why a run ended: it gets at most half, stdout the rest. */
async function cutRun({ run, runDir, stdoutBytes, stderrBytes }: StoredRun, bytesMax: number): Promise<RunCut[]> {
  const files = runFiles(runDir);
  const stderrMax = Math.max(Math.floor(bytesMax / 2), bytesMax - stdoutBytes);
  const stderr = await cutToEnd(files.stderr, stderrMax);
  const stdout = await cutToEnd(files.stdout, bytesMax - (stderrBytes - stderr.bytes));
  return [
    { run, file: 'stderr' as const, ...stderr },
    { run, file: 'stdout' as const, ...stdout },
  ].filter(({ bytes }) => bytes > 0);
}

/** Whole pieces go first; then the file is cut at the start of a line. Nobody writes to it any more. */
async function cutToEnd(path: string, bytesMax: number): Promise<Dropped> {
  let dropped = NOTHING_DROPPED;
  for (const piece of piecesOf(path)) {
    const bytes = piecesOf(path).reduce((sum, { base, end }) => sum + end - base, 0);
    if (bytes <= bytesMax) break;
    if (!piece.live) {
      dropped = sumOf(dropped, await dropPiece(path, piece));
      continue;
    }
    const keepBytesMax = Math.max(1, bytesMax);
    const nobody = async (): Promise<void> => undefined;
    const end = await cutLive({ path, keepBytesMax, still: nobody, intend: nobody, emptied: () => undefined });
    dropped = sumOf(dropped, { bytes: end.bytesDropped, lines: end.linesDropped });
  }
  return dropped;
}
