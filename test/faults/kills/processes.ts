import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { agentsFolder } from '../../../src/home/paths.ts';

/** The living processes of one run: all who bear its mark, and those of them that are its agent. */
export type LivingRun = {
  readonly agent: string;
  readonly run: string;
  readonly pids: number[];
  readonly agents: number[];
};

/** Who bears a mark of this home, by the table of processes alone. */
export function livingRuns(home: string): readonly LivingRun[] {
  const found = new Map<string, LivingRun>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const mark = markOf(pid);
    if (mark === null || !mark.startsWith(agentsFolder(home) + sep)) continue;
    const [agent = '', , run = ''] = relative(agentsFolder(home), mark).split(sep);
    const living = found.get(mark) ?? { agent, run, pids: [], agents: [] };
    found.set(mark, living);
    living.pids.push(Number(pid));
    if (isNode(pid)) living.agents.push(Number(pid));
  }
  return [...found.values()];
}

/** Two runs of an agent, or two processes of a run. */
export function doubled(runs: readonly LivingRun[]): readonly string[] {
  return [...new Set(runs.map(({ agent }) => agent))].flatMap((agent) => {
    const all = runs.filter((run) => run.agent === agent);
    return all.length > 1 || all.some(({ agents }) => agents.length > 1) ? [JSON.stringify(all)] : [];
  });
}

function markOf(pid: string): string | null {
  try {
    const marked = readFileSync(join('/proc', pid, 'environ'), 'latin1')
      .split('\0')
      .find((variable) => variable.startsWith('AGENTVISOR_RUN='));
    const isZombie = /\) Z /.test(readFileSync(join('/proc', pid, 'stat'), 'latin1'));
    return marked === undefined || isZombie ? null : marked.slice('AGENTVISOR_RUN='.length);
  } catch {
    // It ended meanwhile, or belongs to somebody else.
    return null;
  }
}

/** The shim is a shell, and so is what becomes the agent until it does. */
function isNode(pid: string): boolean {
  try {
    return basename(readlinkSync(join('/proc', pid, 'exe'))).startsWith('node');
  } catch {
    return false;
  }
}
