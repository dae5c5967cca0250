import type { Wall } from '../../kernel/moment.ts';
import type { Process, ProcessTable } from './process-table.ts';
import { readExit, readLive } from './run-files.ts';
import { processTable } from './sweep.ts';

/** What was journaled of a spawn. */
export type RecordedShim = { readonly pid: number; readonly start: string; readonly boot: string };

/**
 * What a daemon finds of a run when it starts. vanished: it was spawned and ended without a record (the machine went
 * down, or the shim was killed), which is a failure of unknown cause; bearers may be left, so sweep it before the next
 * run · never-spawned: a journaled intent without a process, which is no crash.
 */
export type Inspection =
  | {
      readonly status: 'alive';
      /** null in the first milliseconds, before the agent's note is written. */
      readonly pid: number | null;
      readonly shimPid: number;
      readonly shimStart: string;
    }
  | { readonly status: 'ended'; readonly code: number; readonly at: Wall }
  | { readonly status: 'vanished' }
  | { readonly status: 'never-spawned' };

/**
 * A process is adopted only when boot, start time and cookie all agree, so a reused pid never is. `recorded` is null
 * when the daemon died between the fork and the record; then the cookie alone finds the run.
 */
export async function inspectRun(
  runDir: string,
  recorded: RecordedShim | null,
  currentBoot: string,
  table: ProcessTable = processTable,
): Promise<Inspection> {
  const shim = recorded === null ? await findShim(runDir, table) : recordedShim(runDir, recorded, currentBoot, table);
  // Read after the shim was looked for: it writes before it dies, so a dead shim has already written.
  const exit = readExit(runDir);
  if (exit !== null) return { status: 'ended', ...exit };
  const live = readLive(runDir);
  if (shim !== null) return { status: 'alive', pid: live?.pid ?? null, shimPid: shim.pid, shimStart: shim.start };
  if (recorded !== null || live !== null) return { status: 'vanished' };
  const left = await table.bearers(runDir);
  return { status: left.length > 0 ? 'vanished' : 'never-spawned' };
}

/**
 * A new daemon reads from it the credential that its predecessor held in memory only. null on macOS, which hides the
 * environment of /bin/sh. The caller has inspected the run first and compares the fingerprint.
 */
export const environmentOfShim = (shimPid: number, table: ProcessTable = processTable): Record<string, string> | null =>
  table.environOf(shimPid);

function recordedShim(
  runDir: string,
  recorded: RecordedShim,
  currentBoot: string,
  table: ProcessTable,
): Process | null {
  if (recorded.boot !== currentBoot) return null;
  const process = table.bearer(recorded.pid, runDir);
  return process?.start === recorded.start ? process : null;
}

/**
 * The shim is the parent of the noted agent, or, before there is a note, the bearer that has no bearer as its parent.
 * Descendants that made a session of their own lead groups too, but their chain of parents ends elsewhere.
 */
async function findShim(runDir: string, table: ProcessTable): Promise<Process | null> {
  // Looked for twice: in the middle of an exec a process shows no cookie, and a living run must not be missed.
  return (await findShimOnce(runDir, table)) ?? (await findShimOnce(runDir, table));
}

async function findShimOnce(runDir: string, table: ProcessTable): Promise<Process | null> {
  const bearers = await table.bearers(runDir);
  const live = readLive(runDir);
  const agent = bearers.find(({ pid }) => pid === live?.pid);
  if (live !== null && agent === undefined) return null;
  const isShim = (process: Process): boolean =>
    process.group === process.pid &&
    (agent === undefined ? bearers.every(({ pid }) => pid !== process.parent) : agent.parent === process.pid);
  return bearers.find(isShim) ?? null;
}
