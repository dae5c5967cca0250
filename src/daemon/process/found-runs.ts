import { readdirSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { agentsFolder, runFolder, runsFolder } from '../../home/paths.ts';
import { environmentOf, eachPid } from '../../home/proc-stat.ts';
import { HAS_PROC } from '../../home/process-identity.ts';
import { RUN_COOKIE } from '../../kernel/cookies.ts';
import type { RunId } from '../../kernel/events.ts';
import { inspectRun } from './inspect.ts';

/** A run whose shim lives. */
export type FoundRun = {
  readonly agent: string;
  readonly run: RunId;
  readonly shimPid: number;
  readonly shimStart: string;
};

const RUN_ID = /^\d{6,12}$/;

/**
 * The runs of a home whose processes live, by their marks alone, whatever the state remembers. Only where there is a /proc:
 * nowhere else does a process show its mark to others.
 */
export async function livingRuns(home: string, boot: string): Promise<readonly FoundRun[]> {
  const marks = new Set<string>();
  if (HAS_PROC) {
    await eachPid((pid) => {
      const mark = environmentOf(pid)?.[RUN_COOKIE];
      if (mark !== undefined) marks.add(mark);
    });
  }
  const found: FoundRun[] = [];
  for (const mark of marks) {
    const [agent = '', runs, run = '', ...more] = relative(agentsFolder(home), mark).split(sep);
    if (runs !== 'runs' || !RUN_ID.test(run) || more.length > 0 || mark !== runFolder(home, agent, run)) continue;
    const seen = await inspectRun(mark, null, boot);
    if (seen.status === 'alive') found.push({ agent, run, shimPid: seen.shimPid, shimStart: seen.shimStart });
  }
  return found.toSorted((one, other) => (one.agent < other.agent ? -1 : 1));
}

/** The highest number that the folder of a run has, 0 when there is none: all below are taken, whatever the state says. */
export function lastRunOnDisk(home: string): number {
  const runs = namesIn(agentsFolder(home)).flatMap((agent) => namesIn(runsFolder(home, agent)));
  return runs.filter((name) => RUN_ID.test(name)).reduce((last, name) => Math.max(last, Number(name)), 0);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there, or no folder: it names nobody.
    return [];
  }
}
