import { mkdirSync } from 'node:fs';
import { replaceFile } from './durable.ts';
import { readLines } from './ndjson.ts';
import { crashesFile, stateFolder } from './paths.ts';

/** How a daemon has ended, other than by a kill from outside, of which nobody can tell what it was for. */
export type CrashRecord = {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly pid: number;
  readonly version: string;
  /** exception: nobody caught it · aborted: by the runtime itself, out of memory for example · asked: it was no crash. */
  readonly how: 'exception' | 'aborted' | 'asked';
  /** For people, without secrets. */
  readonly what: string;
};

/** The latest are kept. */
export const CRASH_RECORDS_MAX = 20;
/** So many crashes within this time are a loop: the next daemon begins in safe mode. */
export const LOOP_CRASHES_MIN = 5;
export const LOOP_WINDOW_MS = 60_000;

/** Oldest first. */
export const readCrashes = (home: string): readonly CrashRecord[] =>
  readLines(crashesFile(home)).values.filter(isRecord);

/** @throws what the disk says. */
export function recordCrash(home: string, record: CrashRecord): void {
  mkdirSync(stateFolder(home), { recursive: true, mode: 0o700 });
  const kept = [...readCrashes(home), record].slice(-CRASH_RECORDS_MAX);
  replaceFile(crashesFile(home), kept.map((each) => `${JSON.stringify(each)}\n`).join(''));
}

/** Since a daemon was last ended on purpose. */
export function crashesSinceAsked(records: readonly CrashRecord[]): readonly CrashRecord[] {
  return records.slice(records.findLastIndex(({ how }) => how === 'asked') + 1);
}

/** @param nowMs since the epoch. A clock that was set back meanwhile makes no crash recent: it is in the future. */
export function isCrashLoop(records: readonly CrashRecord[], nowMs: number): boolean {
  const recent = crashesSinceAsked(records).filter(({ at }) => {
    const agoMs = nowMs - Date.parse(at);
    return agoMs >= 0 && agoMs < LOOP_WINDOW_MS;
  });
  return recent.length >= LOOP_CRASHES_MIN;
}

function isRecord(value: unknown): value is CrashRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { at, how, what } = value as Partial<CrashRecord>;
  return typeof at === 'string' && typeof what === 'string' && ['exception', 'aborted', 'asked'].includes(how ?? '');
}
