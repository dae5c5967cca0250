import { execFile } from 'node:child_process';
import type { Environment } from '../../home/paths.ts';
import { findProgram } from '../program.ts';

/** Nobody waits longer for a version that is only good to know. */
const VERSION_MS_MAX = 2_000;

/** Which `claude` agents would be started with, for people. It is asked for its version only, which reaches no network. */
export async function claudeLine(env: Environment): Promise<string> {
  const file = findProgram('claude', env['PATH'] ?? '');
  if (file === undefined)
    return 'claude is not on your PATH; install Claude Code, or name it in the file: claude: { bin }';
  const version = await versionOf(file, env);
  return version === undefined ? `found ${file}` : `found ${file}, version ${version}`;
}

function versionOf(file: string, env: Environment): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { env, timeout: VERSION_MS_MAX, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
    const child = execFile(file, ['--version'], options, (error, stdout) =>
      resolve(error === null ? /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] : undefined),
    );
    child.stdin?.end();
  });
}
