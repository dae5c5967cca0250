import { execFile, type ExecFileException } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Environment } from '../../home/paths.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import type { BootScope } from './boot-plan.ts';

/** A start waits for the program's exec, a stop for the daemon's end. */
const ANSWER_MS_MAX = 60_000;

export type Systemctl = (...args: readonly string[]) => Promise<void>;

/** Asks nobody for a password: who may not do it is told so. Throws with systemctl's own words. */
export function systemctlOf(scope: BootScope, env: Environment): Systemctl {
  const before = [...(scope === 'user' ? ['--user'] : []), '--no-ask-password'];
  return (...args) =>
    new Promise((done, fail) => {
      const options = { env: withRuntimeFolder(env), timeout: ANSWER_MS_MAX };
      execFile('systemctl', [...before, ...args], options, (error, _, stderr) => {
        if (error === null) done();
        else fail(refused(['systemctl', ...before, ...args].join(' '), error, stderr));
      });
    });
}

/** Behind `su` and in cron nobody says where the user's manager listens; where it listens is fixed. */
function withRuntimeFolder(env: Environment): NodeJS.ProcessEnv {
  const folder = `/run/user/${process.getuid?.() ?? 0}`;
  return env['XDG_RUNTIME_DIR'] === undefined && existsSync(folder) ? { ...env, XDG_RUNTIME_DIR: folder } : { ...env };
}

function refused(command: string, cause: ExecFileException, stderr: string): AgentvisorError {
  const [said = ''] = stderr.trim().split('\n');
  const why = cause.code === 'ENOENT' ? 'there is no such program' : said === '' ? `it ended with ${cause.code}` : said;
  return new AgentvisorError('failed', `${command}: ${why.replace(/\.$/, '')}.`, '', cause);
}
