import { findEcosystem, loadEcosystem } from '../config/load.ts';
import type { LoadResult } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import { pickEnvironment } from '../config/environment.ts';
import type { Ecosystem } from '../config/ecosystem.ts';
import type { Environment } from '../home/paths.ts';
import type { ApplyParams } from '../protocol/api.ts';
import { usageError } from './usage.ts';
import type { Context } from './verb.ts';

/** The file that was named, or the one of this folder. */
export async function loadNamedOrFound(context: Context, named: string | undefined): Promise<LoadResult> {
  const path = named ?? (await findEcosystem(context.cwd));
  if (path === undefined) throw noFile(context.cwd);
  return loadEcosystem(path, { cwd: context.cwd });
}

/** One line each: file, key, what was expected, what was found, next step. A problem of the file as a whole names it itself. */
export function problemLine(file: string, { message, hint }: Problem): string {
  const where = message.startsWith(file) ? '' : `${file}: `;
  return `${where}${message}${hint === undefined ? '' : ` (${hint})`}`;
}

export function notes(context: Context, file: string, label: string, problems: readonly Problem[]): void {
  for (const problem of problems) context.note(`agentvisor: ${label}${problemLine(file, problem)}`);
}

/** What the daemon cannot know: what this shell's environment holds of that which the file names. */
export function applyParams(ecosystem: Ecosystem, env: Environment): ApplyParams {
  const { plain, secret } = pickEnvironment(env);
  const named = new Set([
    ...ecosystem.credentials.flatMap(({ from }) => (from !== null && 'env' in from ? [from.env] : [])),
    ...ecosystem.agents.flatMap(({ envPass }) => envPass),
  ]);
  const found = [...named].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    file: ecosystem.file,
    agents: ecosystem.agents,
    credentials: ecosystem.credentials,
    notify: ecosystem.notify,
    environment: plain,
    secrets: { ...secret, ...Object.fromEntries(found) },
  };
}

const noFile = (folder: string): Error =>
  usageError(
    `There is no ecosystem file in ${folder}.`,
    'Name the file behind the verb, or write one: agentvisor init',
  );
