import { AgentvisorError } from '../../protocol/errors.ts';
import type { Environment } from '../../home/paths.ts';
import { usageError } from '../usage.ts';
import { oneOf } from '../values.ts';
import type { Context } from '../verb.ts';
import { bootFile, bootPlan, hasSystemd, isContainer } from './boot-place.ts';
import { BOOT_KINDS, type BootKind, type BootPlan, type BootScope } from './boot-plan.ts';
import { cronLine } from './cron-line.ts';
import { launchdJob } from './launchd-job.ts';
import { systemdUnit } from './systemd-unit.ts';

export const startupOptions = {
  user: { type: 'boolean', summary: 'for this user; the default, but for root' },
  system: { type: 'boolean', summary: 'for the machine, before anybody logs in' },
} as const;

/** What the command line of `startup` and `unstartup` asks for. */
export type BootRequest = {
  readonly kind: BootKind;
  readonly plan: BootPlan;
  readonly text: string;
  readonly file: string | null;
};

const TEXTS: Readonly<Record<BootKind, (plan: BootPlan) => string>> = {
  systemd: systemdUnit,
  launchd: launchdJob,
  cron: cronLine,
};

export function bootRequest(context: Context): BootRequest {
  const scope = scopeOf(context);
  const kind = oneOf('the first argument', BOOT_KINDS, context.args[0]) ?? usualKind(context.env);
  const plan = bootPlan(kind, scope, context.home, context.env);
  return { kind, plan, text: TEXTS[kind](plan), file: bootFile(kind, plan, context.env) };
}

/** Throws unless it can be installed by us: launchd and cron are printed. @returns where it belongs. */
export function mustBeApplicable({ kind, plan, file }: BootRequest): string {
  if (kind !== 'systemd' || file === null)
    throw usageError(`--apply works with systemd, not with ${kind}.`, `Print it: agentvisor startup ${kind}`);
  if (plan.scope === 'system' && process.getuid?.() !== 0) throw notRoot(plan, file);
  return file;
}

function scopeOf({ flag }: Context): BootScope {
  if (flag('user') && flag('system')) throw usageError('--user and --system exclude each other.', '');
  if (flag('system')) return 'system';
  return !flag('user') && process.getuid?.() === 0 ? 'system' : 'user';
}

function usualKind(env: Environment): BootKind {
  if (process.platform === 'darwin') return 'launchd';
  if (hasSystemd()) return 'systemd';
  if (isContainer(env)) throw inContainer();
  return 'cron';
}

const inContainer = (): AgentvisorError =>
  new AgentvisorError(
    'refused',
    'A container has no systemd that could start a daemon.',
    'Make it the main process: docker run --init --restart always IMAGE agentvisor daemon run --with-agents',
  );

const notRoot = ({ name }: BootPlan, file: string): AgentvisorError =>
  new AgentvisorError(
    'refused',
    'Only root installs a unit of the system.',
    `agentvisor startup systemd --system | sudo tee ${file} >/dev/null && agentvisor daemon stop && sudo systemctl daemon-reload && sudo systemctl enable --now ${name}`,
  );
