import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hasCode } from '../../home/system-error.ts';
import { runFiles } from './run-files.ts';

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
  readonly cut: readonly { readonly run: string; readonly file: 'stdout' | 'stderr'; readonly bytes: number }[];
  readonly bytesDropped: number;
};

type StoredRun = {
  readonly run: string;
  readonly runDir: string;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
};

const LINE_SEARCH_BYTES = 64 * 1024;

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
  let isFull = false;
  for (const [age, candidate] of finished.entries()) {
    let bytes = candidate.stdoutBytes + candidate.stderrBytes;
    if (age === 0 && bytes > room && room > 0 && retention.keep > 0) {
      const cuts = await cutRun(candidate, Math.min(room, retention.sizeBytesMax));
      cut.push(...cuts);
      const dropped = cuts.reduce((sum, { bytes: gone }) => sum + gone, 0);
      bytesDropped += dropped;
      bytes -= dropped;
    }
    // Once a run has gone for want of room all older ones go too: what is kept has no holes.
    isFull ||= age >= retention.keep || bytes > room;
    room -= bytes;
    if (!isFull) continue;
    await rm(candidate.runDir, { recursive: true, force: true });
    runs.push(candidate.run);
    bytesDropped += bytes;
  }
  return { runs: runs.toReversed(), cut, bytesDropped };
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

/** The runs that are kept, oldest first. Run ids count upwards and are never reused; the clock may have jumped. */
export async function runsOldestFirst(agentDir: string): Promise<string[]> {
  const entries = await readdir(join(agentDir, 'runs'), { withFileTypes: true }).catch(ifMissing([]));
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }));
}

const storedRuns = async (agentDir: string): Promise<StoredRun[]> => {
  const runs = await runsOldestFirst(agentDir);
  return Promise.all(
    runs.map(async (run) => {
      const runDir = join(agentDir, 'runs', run);
      const files = runFiles(runDir);
      return { run, runDir, stdoutBytes: await sizeOf(files.stdout), stderrBytes: await sizeOf(files.stderr) };
    }),
  );
};

const sumBytes = (runs: readonly StoredRun[]): number =>
  runs.reduce((sum, { stdoutBytes, stderrBytes }) => sum + stdoutBytes + stderrBytes, 0);

const sizeOf = (path: string): Promise<number> => stat(path).then(({ size }) => size, ifMissing(0));

/** stderr is usually small and says why a run ended: it gets at most half, stdout the rest. */
async function cutRun({ run, runDir, stdoutBytes, stderrBytes }: StoredRun, bytesMax: number): Promise<Retired['cut']> {
  const files = runFiles(runDir);
  const stderrMax = Math.max(Math.floor(bytesMax / 2), bytesMax - stdoutBytes);
  const stderrCut = await cutToEnd(files.stderr, stderrBytes, stderrMax);
  const stdoutCut = await cutToEnd(files.stdout, stdoutBytes, bytesMax - (stderrBytes - stderrCut));
  return [
    { run, file: 'stderr' as const, bytes: stderrCut },
    { run, file: 'stdout' as const, bytes: stdoutCut },
  ].filter(({ bytes }) => bytes > 0);
}

/** Copies the end, from the start of a line, and renames it into place: a reader sees the old file or the new one. */
async function cutToEnd(path: string, size: number, bytesMax: number): Promise<number> {
  if (size <= bytesMax) return 0;
  const from = await lineStartAfter(path, size - bytesMax);
  const target = `${path}.new`;
  await pipeline(createReadStream(path, { start: from }), createWriteStream(target, { mode: 0o600 }));
  await rename(target, path);
  return from;
}

/** The first line that begins at or after the offset; the offset itself when no line ends within reach. */
async function lineStartAfter(path: string, offset: number): Promise<number> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(LINE_SEARCH_BYTES);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, Math.max(0, offset - 1));
    const lineFeed = bytes.subarray(0, bytesRead).indexOf(0x0a);
    return lineFeed < 0 ? offset : Math.max(0, offset - 1) + lineFeed + 1;
  } finally {
    await file.close();
  }
}

const ifMissing =
  <T>(value: T) =>
  (cause: unknown): T => {
    if (hasCode(cause, 'ENOENT')) return value;
    throw cause;
  };
