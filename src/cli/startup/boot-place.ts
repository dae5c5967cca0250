import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../home/paths.ts';
import type { BootKind, BootPlan, BootScope } from './boot-plan.ts';

/** Where the text of a plan belongs, and what the plan is for this home and this user. */

const LABEL = 'dev.agentvisor';

export function bootPlan(kind: BootKind, scope: BootScope, home: string, env: Environment): BootPlan {
  const user = userName();
  return {
    scope,
    name: nameOf(kind, scope, home, env, user),
    node: process.execPath,
    program: fileURLToPath(new URL('../main.js', import.meta.url)),
    home,
    user,
    userHome: userHomeOf(env),
    path: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  };
}

/** Null where the text has no file of its own: a user's crontab. */
export function bootFile(kind: BootKind, { scope, name }: BootPlan, env: Environment): string | null {
  switch (kind) {
    case 'systemd':
      return scope === 'system' ? join('/etc/systemd/system', name) : join(configFolder(env), 'systemd/user', name);
    case 'launchd':
      return scope === 'system'
        ? join('/Library/LaunchDaemons', `${name}.plist`)
        : join(userHomeOf(env), 'Library/LaunchAgents', `${name}.plist`);
    case 'cron':
      return scope === 'system' ? join('/etc/cron.d', name) : null;
  }
}

/** systemd itself says that this folder tells whether it is the init of the machine (sd_booted). */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system');

/** As Docker, Podman and systemd-nspawn tell it. */
export const isContainer = (env: Environment): boolean =>
  env['container'] !== undefined || existsSync('/.dockerenv') || existsSync('/run/.containerenv');

export const lingers = (user: string): boolean => existsSync(join('/var/lib/systemd/linger', user));

/** The usual home has the plain name; of several homes each has its own. A system has several users. */
function nameOf(kind: BootKind, scope: BootScope, home: string, env: Environment, user: string): string {
  const base = kind === 'launchd' ? LABEL : 'agentvisor';
  const whose = scope === 'system' ? `-${user}` : '';
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 8);
  const which = home === join(userHomeOf(env), '.agentvisor') ? '' : `-${digest}`;
  return `${base}${whose}${which}${kind === 'systemd' ? '.service' : ''}`;
}

const userHomeOf = (env: Environment): string => env['HOME'] || homedir();

const configFolder = (env: Environment): string => env['XDG_CONFIG_HOME'] || join(userHomeOf(env), '.config');

/** A container may give a user a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 0);
  }
}
