import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILES, agentFolder, runFolder, runsFolder } from '../home/paths.ts';
import { AgentvisorError } from '../protocol/errors.ts';

export type RunFiles = { readonly run: string; readonly stdout: string; readonly stderr: string };

/** The kept runs of an agent, oldest first; undefined when no folder knows the agent. */
export function runsOf(home: string, agent: string): readonly RunFiles[] | undefined {
  // A name is one part of a path: nothing may lead out of the home.
  if (agent.includes('/') || agent.startsWith('.') || !existsSync(agentFolder(home, agent))) return undefined;
  const folder = runsFolder(home, agent);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((run) => existsSync(join(folder, run, RUN_FILES.stdout)) || existsSync(join(folder, run, RUN_FILES.stderr)))
    .toSorted(byAge)
    .map((run) => ({
      run,
      stdout: join(runFolder(home, agent, run), RUN_FILES.stdout),
      stderr: join(runFolder(home, agent, run), RUN_FILES.stderr),
    }));
}

/** One of them, by its name; `10` and `#000010`, as it stands in a history, are `000010`. */
export function pickRun(agent: string, runs: readonly RunFiles[], run: string): RunFiles {
  const found = runs.find((candidate) => candidate.run === run || numberOf(candidate.run) === numberOf(run));
  if (found === undefined) throw noSuchRun(agent, run, runs);
  return found;
}

const numberOf = (run: string): string => run.replace(/^#?0*(?=\d)/, '');

/** Runs are numbered with leading zeros; a number that has outgrown them is longer. */
const byAge = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1);

function noSuchRun(agent: string, run: string, runs: readonly RunFiles[]): AgentvisorError {
  const last = runs.slice(-5).map((kept) => kept.run);
  const nextStep = last.length === 0 ? 'It has not run yet.' : `The last ones: ${last.join(', ')}`;
  return new AgentvisorError('failed', `${agent} has no run ${run}.`, nextStep);
}
