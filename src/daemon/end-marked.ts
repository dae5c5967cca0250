import { setTimeout as delay } from 'node:timers/promises';
import { markedRuns, type MarkedRun } from '../home/run-marks.ts';
import { identity } from '../home/process-identity.ts';
import { inspectRun } from './process/inspect.ts';
import type { Sweeper } from './process/sweep.ts';

/** How long who is asked to end may take for it: what `stop.killTimeout` is unless it is declared. */
const END_MS_MAX = 10_000;
const POLL_MS = 20;

/**
 * Ends all processes that bear a mark of this home, also those of runs that nobody knows any more: their state was lost, or
 * their shim was killed. For when nothing of the home is to live on.
 *
 * @returns the agents whose runs those were
 */
export async function endMarked(home: string, boot: string, sweeper: Sweeper): Promise<readonly string[]> {
  const marked = await markedRuns(home);
  await Promise.all(marked.map((run) => endRun(run, boot, sweeper)));
  return [...new Set(marked.map(({ agent }) => agent))].toSorted();
}

async function endRun({ mark }: MarkedRun, boot: string, sweeper: Sweeper): Promise<void> {
  const seen = await inspectRun(mark, null, boot);
  const shim = seen.status === 'alive' ? { pid: seen.shimPid, start: seen.shimStart } : null;
  if (shim !== null && (await sweeper.signalGroup(mark, shim.pid, 'SIGTERM'))) {
    const patience = AbortSignal.timeout(END_MS_MAX);
    while (!patience.aborted && identity.isAlive(shim.pid, shim.start)) await delay(POLL_MS);
  }
  await sweeper.sweep(mark, shim?.pid ?? 0);
}
