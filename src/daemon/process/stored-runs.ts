import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { piecesOf, sizeOf as liveSizeOf } from '../../home/log-pieces.ts';
import { hasCode } from '../../home/system-error.ts';
import type { LogFile } from '../../kernel/fleet.ts';
import { runFiles } from './run-files.ts';

/** What is on the disk of one run, with all pieces of its files. */
export type StoredRun = {
  readonly run: string;
  readonly runDir: string;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
};

/** The runs that are kept, oldest first. Run ids count upwards and are never reused; the clock may have jumped. */
export async function runsOldestFirst(agentDir: string): Promise<string[]> {
  const entries = await readdir(join(agentDir, 'runs'), { withFileTypes: true }).catch(ifMissing([]));
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }));
}

/** What all files of an agent's runs hold. */
export async function bytesKept(agentDir: string): Promise<number> {
  return sumBytes(await storedRuns(agentDir));
}

export const storedRuns = async (agentDir: string): Promise<StoredRun[]> => {
  const runs = await runsOldestFirst(agentDir);
  return runs.map((run) => {
    const runDir = join(agentDir, 'runs', run);
    const files = runFiles(runDir);
    return { run, runDir, stdoutBytes: sizeOf(files.stdout), stderrBytes: sizeOf(files.stderr) };
  });
};

export const sumBytes = (runs: readonly StoredRun[]): number =>
  runs.reduce((sum, { stdoutBytes, stderrBytes }) => sum + stdoutBytes + stderrBytes, 0);

/** Of a live file and all its pieces. */
const sizeOf = (live: string): number => piecesOf(live).reduce((sum, { base, end }) => sum + end - base, 0);

const ifMissing =
  <T>(value: T) =>
  (cause: unknown): T => {
    if (hasCode(cause, 'ENOENT')) return value;
    throw cause;
  };

/** The larger of the two files that are written to, and what both hold. */
export function liveSizes(runDir: string): {
  readonly file: LogFile;
  readonly bytes: number;
  readonly liveBytes: number;
} {
  const files = runFiles(runDir);
  const [stdout, stderr] = [liveSizeOf(files.stdout) ?? 0, liveSizeOf(files.stderr) ?? 0];
  const file = stdout >= stderr ? 'stdout' : 'stderr';
  return { file, bytes: Math.max(stdout, stderr), liveBytes: stdout + stderr };
}
