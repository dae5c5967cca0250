import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RUN_FILES } from '../home/paths.ts';
import { localTime } from '../wording/local-times.ts';
import type { RunFiles } from './run-files.ts';

/** Lines carry no time of their own; the files of a run do. Null is unknown, or not yet. */
type RunTimes = {
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly lastWordAt: number | null;
};

export type Span = { readonly since: number | undefined; readonly until: number | undefined };

/** Whether a run may have said something in that time: it began before its end, and wrote after its begin. */
export function hasSpokenIn(run: RunFiles, { since, until }: Span): boolean {
  const { startedAt, lastWordAt } = timesOf(run);
  const begin = startedAt ?? lastWordAt ?? 0;
  return (since === undefined || (lastWordAt ?? 0) >= since) && (until === undefined || begin <= until);
}

/** `000002, started 2026-11-20 10:16:20, ended 2026-11-20 10:20:11` */
export function runTitle(run: RunFiles): string {
  const { startedAt, endedAt } = timesOf(run);
  const told = (word: string, at: number | null): readonly string[] =>
    at === null ? [] : [`${word} ${localTime(new Date(at).toISOString())}`];
  return [run.run, ...told('started', startedAt), ...told('ended', endedAt)].join(', ');
}

/** By the times of its files. */
export function timesOf({ stdout, stderr }: RunFiles): RunTimes {
  const folder = dirname(stdout);
  const endedAt = writtenAt(join(folder, RUN_FILES.exit));
  const words = [writtenAt(stdout), writtenAt(stderr)].filter((at) => at !== null);
  // A log that was shortened later has the time of that.
  const lastWordAt = words.length === 0 ? null : Math.min(Math.max(...words), endedAt ?? Infinity);
  return { startedAt: writtenAt(join(folder, RUN_FILES.live)), endedAt, lastWordAt };
}

const writtenAt = (file: string): number | null => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
