import { claudeVersion } from '../../box/claude-version.ts';
import { preflight } from '../../box/preflight.ts';
import type { Environment } from '../../home/paths.ts';

/** Which `claude` agents would be started with, for people. It is asked for its version only, which reaches no network. */
export async function claudeLine(env: Environment): Promise<string> {
  const found = preflight({ cwd: process.cwd(), argv0: 'claude', path: env['PATH'] ?? '' });
  if (!found.ok) return 'claude is not on your PATH; install Claude Code, or name it in the file: claude: { bin }';
  const version = await claudeVersion(found.file, env);
  return version === null ? `found ${found.file}` : `found ${found.file}, version ${version}`;
}
