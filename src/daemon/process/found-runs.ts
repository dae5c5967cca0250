import { readdirSync } from 'node:fs';
import { agentsFolder, runsFolder } from '../../home/paths.ts';
import { markedRuns, RUN_ID } from '../../home/run-marks.ts';
import type { RunId } from '../../kernel/events.ts';
import { inspectRun } from './inspect.ts';

/** A run whose shim lives. */
export type FoundRun = {
  readonly agent: string;
  readonly run: RunId;
  readonly shimPid: number;
  readonly shimStart: string;
};

/** The runs of a home whose shims live, by their marks alone, whatever the state remembers. */
export async function livingRuns(home: string, boot: string): Promise<readonly FoundRun[]> {
  const found: FoundRun[] = [];
  for (const { agent, run, mark } of await markedRuns(home)) {
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
