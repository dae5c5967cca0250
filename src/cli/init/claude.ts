import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../home/paths.ts';

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

function findProgram(name: string, path: string): string | undefined {
  const folders = path.split(':').filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // It is not there, or not for us.
    return false;
  }
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
