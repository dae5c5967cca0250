import { closeSync, constants, fstatSync, readSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { openPlain } from '../../home/plain.ts';
import { RUN_FILES } from '../../home/paths.ts';
import { hasCode } from '../../home/system-error.ts';
import { wall, type Wall } from '../../kernel/moment.ts';

/** Where the files of one run lie. */
export type RunFiles = Readonly<Record<keyof typeof RUN_FILES, string>>;

export type RunExit = {
  /** As a shell reports it: 128 + signal for a death by signal. */
  readonly code: number;
  /**
   * When the note was written: the file's modification time. On a full disk it is late by up to the time the disk was
   * full.
   */
  readonly at: Wall;
};

export interface RunWatch {
  /** Looks at once; for callers that were told to poll, and harmless for others. */
  check(): void;
  close(): void;
}

export type RunWatchHandlers = {
  /** The agent's own pid. Called once, and always before `onExit` if it is known at all. */
  onLive(pid: number): void;
  onExit(exit: RunExit): void;
  /** Something else in the folder has changed: nearly always something was printed. Called very often. */
  onOutput(): void;
  /** Notifications are not to be relied on (out of inotify watches or descriptors): call `check` now and then. */
  onBlind(cause: unknown): void;
};

/** Larger than any note; what is longer is not ours. */
const NOTE_BYTES_MAX = 256;

export const runFiles = (runDir: string): RunFiles => ({
  stdin: join(runDir, RUN_FILES.stdin),
  stdout: join(runDir, RUN_FILES.stdout),
  stderr: join(runDir, RUN_FILES.stderr),
  live: join(runDir, RUN_FILES.live),
  exit: join(runDir, RUN_FILES.exit),
});

/** null while there is no whole note, whatever else the file holds. @throws when there is no descriptor to look with. */
export function readLive(runDir: string): { readonly pid: number } | null {
  const note = readNote(runFiles(runDir).live);
  const pid = note?.record['pid'];
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 1 ? { pid } : null;
}

/** null while there is no whole note, whatever else the file holds. @throws when there is no descriptor to look with. */
export function readExit(runDir: string): RunExit | null {
  const note = readNote(runFiles(runDir).exit);
  const code = note?.record['code'];
  if (note === null || typeof code !== 'number') return null;
  return Number.isInteger(code) && code >= 0 && code <= 255 ? { code, at: note.at } : null;
}

/**
 * Reports the two notes of a run as they appear. The folder is watched, not the files, because they do not exist
 * yet; it is looked at once more after the watch has begun, so nothing falls between.
 */
export function watchRun(runDir: string, handlers: RunWatchHandlers): RunWatch {
  let closed = false;
  let live = false;
  let exited = false;
  const check = (): void => {
    if (closed || exited) return;
    try {
      look();
    } catch (cause) {
      // What this notification told is not known, and it does not come again.
      handlers.onBlind(cause);
    }
  };
  const look = (): void => {
    const exit = readExit(runDir);
    const note = live ? null : readLive(runDir);
    if (note !== null) {
      live = true;
      handlers.onLive(note.pid);
    }
    if (exit !== null && !exited && !closed) {
      exited = true;
      handlers.onExit(exit);
    }
  };
  let watcher: FSWatcher | null = null;
  const goBlind = (cause: unknown): void => {
    watcher?.close();
    watcher = null;
    if (!closed) handlers.onBlind(cause);
  };
  try {
    watcher = watch(runDir, { persistent: false }, (_event, name) => {
      // The agent's own output lands in the same folder, thousands of events a second.
      if (name === null || name === RUN_FILES.live || name === RUN_FILES.exit) check();
      else handlers.onOutput();
    });
    watcher.on('error', goBlind);
  } catch (cause) {
    goBlind(cause);
  }
  queueMicrotask(check);
  return {
    check,
    close: () => {
      closed = true;
      watcher?.close();
      watcher = null;
    },
  };
}

/** A note counts from its line feed on: before, it is being written. A power cut may leave anything at all. */
function readNote(path: string): { readonly record: Record<string, unknown>; readonly at: Wall } | null {
  let file: number;
  try {
    file = openPlain(path, constants.O_RDONLY);
  } catch (error) {
    // Nobody knows: "no note" would make an end of which nobody has recorded how it came.
    if (hasCode(error, 'EMFILE') || hasCode(error, 'ENFILE')) throw error;
    // Not written yet, or the folder is gone: both mean "no note".
    return null;
  }
  try {
    const bytes = Buffer.alloc(NOTE_BYTES_MAX);
    const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, NOTE_BYTES_MAX, 0));
    if (!text.endsWith('\n')) return null;
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return { record: value as Record<string, unknown>, at: wall(Math.floor(fstatSync(file).mtimeMs)) };
  } catch {
    // Garbage, or an unreadable disk: no note can be had from it.
    return null;
  } finally {
    closeSync(file);
  }
}
