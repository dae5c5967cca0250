import { closeSync, constants, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOwner } from '../home/owner.ts';
import { restMark } from '../home/paths.ts';
import { openPlain } from '../home/plain.ts';
import { readStat } from '../home/proc-stat.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import { readFiles } from './access.ts';
import { ConnectionLost, openClient } from '../client/client.ts';
import { KEEPER_NAME } from './keeper.ts';
import { answeringDaemon } from './launch.ts';

/** How long a daemon may take to end after it said that it does. */
const END_MS_MAX = 10_000;
const POLL_MS = 20;

export type Ended = {
  readonly pid: number;
  /** Null when the daemon was gone before it could name them. */
  readonly stopped: readonly string[] | null;
};

/**
 * Ends the daemon and waits until its process is gone, so that a command that follows cannot meet it. Throws when none
 * runs.
 */
export async function endDaemon(home: string, agents: boolean): Promise<Ended> {
  const client = openClient(home);
  try {
    // Also tells the pid, for the case that the connection ends before the answer.
    await client.call('ping', {});
    const pid = client.daemon()?.pid ?? 0;
    const keeper = keeperOf(pid);
    const stopped = await client.call('shutdown', { agents }).then((result) => result.stopped, orLost);
    await gone(pid);
    if (keeper !== null) await gone(keeper);
    if (agents && stopped === null && (await readFiles(home)).alive > 0) throw agentsStay();
    return { pid, stopped };
  } finally {
    client.close();
  }
}

/**
 * The same, agents kept, also for a daemon of another version: that one speaks another protocol but answered, so the
 * pid it names is its own, and TERM means in every version: end and leave the agents.
 */
export async function endAnyDaemon(home: string): Promise<Ended> {
  const client = openClient(home);
  try {
    await client.call('ping', {});
  } catch (error) {
    const pid = client.daemon()?.pid ?? readOwner(home)?.pid;
    if (!(error instanceof AgentvisorError) || error.code !== 'version-mismatch' || pid === undefined) throw error;
    process.kill(pid, 'SIGTERM');
    await gone(pid);
    return { pid, stopped: [] };
  } finally {
    client.close();
  }
  return endDaemon(home, false);
}

/**
 * Has what holds the daemon start it again, agents kept: what the unit of a daemon ends with 0 stays down. The signal is the
 * same for every version.
 *
 * @returns its pid once it has ended; null when no unit holds it.
 */
export async function endForItsUnit(home: string): Promise<number | null> {
  const owner = readOwner(home);
  const pid = await answeringDaemon(home);
  if (pid === null || owner?.pid !== pid || owner.unit === undefined) return null;
  process.kill(pid, 'SIGUSR2');
  await gone(pid);
  return pid;
}

/**
 * Keepers that wait in their backoff, and daemons that are just starting, end: nobody wants one.
 *
 * @returns what a person should know when they cannot be told, null when they were. A disk that takes nothing is no reason to
 *   let live what is to end.
 */
export function letKeepersRest(home: string): string | null {
  if (!existsSync(home)) return null;
  try {
    closeSync(openPlain(restMark(home), constants.O_WRONLY | constants.O_CREAT));
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `a keeper that waits in its backoff may start a daemon once more, it cannot be told: ${why}`;
  }
}

/** It sees the daemon's end and ends too, a moment later. Null without one (`daemon run`, a unit), and on macOS. */
function keeperOf(daemon: number): number | null {
  const parent = readStat(daemon)?.parent ?? 0;
  try {
    return readFileSync(`/proc/${parent}/cmdline`, 'utf8').includes(KEEPER_NAME) ? parent : null;
  } catch {
    // No /proc, or no such process any more.
    return null;
  }
}

function orLost(error: unknown): null {
  if (error instanceof ConnectionLost) return null;
  throw error;
}

async function gone(pid: number): Promise<void> {
  const startedAt = performance.now();
  while (isAlive(pid)) {
    if (performance.now() - startedAt > END_MS_MAX) throw stays(pid);
    await sleep(POLL_MS);
  }
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch {
    // ESRCH: gone. EPERM cannot be: it is our own process, or another one under its old number.
    return false;
  }
  // Nobody collects the end of a daemon whose parent does not look. Without /proc (macOS) that cannot be told.
  return readStat(pid)?.state !== 'Z';
}

const stays = (pid: number): AgentvisorError =>
  new AgentvisorError(
    'failed',
    `The daemon (pid ${pid}) said it would end and has not.`,
    `End it, agents keep running: kill -9 ${pid}`,
  );

const agentsStay = (): AgentvisorError =>
  new AgentvisorError('failed', 'The daemon ended before it had stopped every agent.', 'Try again: agentvisor kill');
