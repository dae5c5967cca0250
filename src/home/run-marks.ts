import { relative, sep } from 'node:path';
import { RUN_COOKIE } from '../kernel/cookies.ts';
import type { RunId } from '../kernel/events.ts';
import { agentsFolder, runFolder } from './paths.ts';
import { eachPid, environmentOf } from './proc-stat.ts';
import { HAS_PROC } from './process-identity.ts';

/** A run of which a process lives: its agent, its number, and its folder, which is the mark that its processes bear. */
export type MarkedRun = { readonly agent: string; readonly run: RunId; readonly mark: string };

export const RUN_ID = /^\d{6,12}$/;

/**
 * The runs of a home that a living process bears the mark of, whatever any state remembers. Only where there is a /proc: nowhere
 * else does a process show its mark to others.
 */
export async function markedRuns(home: string): Promise<readonly MarkedRun[]> {
  if (!HAS_PROC) return [];
  const marks = new Set<string>();
  await eachPid((pid) => {
    const mark = environmentOf(pid)?.[RUN_COOKIE];
    if (mark !== undefined) marks.add(mark);
  });
  return [...marks].flatMap((mark) => {
    const [agent = '', runs, run = '', ...more] = relative(agentsFolder(home), mark).split(sep);
    const isOurs = runs === 'runs' && RUN_ID.test(run) && more.length === 0 && mark === runFolder(home, agent, run);
    return isOurs ? [{ agent, run, mark }] : [];
  });
}
