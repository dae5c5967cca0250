import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export type PreflightPlan = {
  readonly cwd: string;
  readonly argv0: string;
  /** The agent's own PATH, not the daemon's. */
  readonly path: string | undefined;
};

export type Preflight =
  | { readonly ok: true; readonly file: string }
  | {
      readonly ok: false;
      readonly what: 'missing-cwd' | 'cwd-not-a-folder' | 'missing-binary' | 'not-executable';
      readonly path: string;
      readonly message: string;
    };

/** What `sh` searches when an environment has no PATH. */
const PATH_WITHOUT_PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * Looks at the folder and the binary before a spawn. Node reports a missing folder as a missing
 * binary (`spawn true ENOENT`, measured on 20.20), so its error cannot tell which one to mend.
 */
export function preflight(plan: PreflightPlan): Preflight {
  const folder = kindOf(plan.cwd);
  if (folder === 'missing') return refuse('missing-cwd', plan.cwd, `The folder ${plan.cwd} does not exist.`);
  if (folder !== 'folder') return refuse('cwd-not-a-folder', plan.cwd, `${plan.cwd} is not a folder.`);

  let present: string | null = null;
  for (const candidate of candidates(plan)) {
    if (kindOf(candidate) !== 'file') continue;
    if (isExecutable(candidate)) return { ok: true, file: candidate };
    present ??= candidate;
  }
  if (present !== null) return refuse('not-executable', present, `${present} is not executable.`);
  const where = plan.argv0.includes('/') ? '' : ` on the agent's PATH (${plan.path ?? PATH_WITHOUT_PATH})`;
  return refuse('missing-binary', plan.argv0, `There is no program ${plan.argv0}${where}.`);
}

type Refusal = Extract<Preflight, { ok: false }>;

const refuse = (what: Refusal['what'], path: string, message: string): Refusal => ({
  ok: false,
  what,
  path,
  message,
});

/** A name with a slash is a path, relative to the agent's folder; an empty PATH entry means that folder too. */
function candidates({ cwd, argv0, path }: PreflightPlan): string[] {
  if (argv0 === '') return [];
  if (argv0.includes('/')) return [resolve(cwd, argv0)];
  return (path ?? PATH_WITHOUT_PATH).split(delimiter).map((entry) => join(resolve(cwd, entry), argv0));
}

function kindOf(path: string): 'file' | 'folder' | 'missing' {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file';
  } catch {
    // ENOENT, ENOTDIR, EACCES, ELOOP: in every case the agent could not use it either.
    return 'missing';
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // The answer to the question, not a failure.
    return false;
  }
}
