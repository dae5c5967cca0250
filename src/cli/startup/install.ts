import { readOwner } from '../../home/owner.ts';
import type { Environment } from '../../home/paths.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { endAnyDaemon, letKeepersRest } from '../daemon-end.ts';
import { isNotRunning } from '../access.ts';
import { answeringDaemon, daemonAnswers, launchDaemon } from '../launch.ts';
import type { BootPlan } from './boot-plan.ts';
import { systemctlOf, type Systemctl } from './systemctl.ts';
import { readOwnUnit, removeUnit, writeUnit } from './unit-file.ts';

export type Installed = {
  readonly change: 'written' | 'replaced' | 'unchanged';
  /** Of the unit's daemon. */
  readonly pid: number;
  /** Of the daemon that it took over from, null when none ran or when it is still the same one. */
  readonly before: number | null;
};

/** How long the unit's daemon may take until it answers. */
const ANSWER_MS_MAX = 15_000;

/**
 * Installs the unit and hands the home over to it: a daemon that was started otherwise ends, its agents keep running, and the
 * unit's daemon goes on with them. When a step fails all is as it was before, and a daemon runs where one ran.
 */
export async function installUnit(plan: BootPlan, file: string, text: string, env: Environment): Promise<Installed> {
  const systemctl = systemctlOf(plan.scope, env);
  const old = readOwnUnit(file);
  await mustAnswer(systemctl, plan);
  const running = await answeringDaemon(plan.home);
  const isItsOwn = running !== null && readOwner(plan.home)?.unit === plan.name;
  if (old !== text) writeUnit(file, text);
  try {
    await systemctl('daemon-reload');
    const isKept = isItsOwn && old === text;
    if (running !== null && !isKept) await endForUnit(plan.home);
    await systemctl('enable', '--now', plan.name);
    const pid = await unitsDaemon(plan);
    return { change: changeOf(old, text), pid, before: isKept ? null : running };
  } catch (error) {
    await undo(plan, file, old, systemctl);
    if (running !== null && (await answeringDaemon(plan.home)) === null) await launchDaemon(plan.home, env);
    throw undone(error);
  }
}

/** @returns the pid of the daemon that goes on without a unit; null when none ran. */
export async function removeInstalled(plan: BootPlan, file: string, env: Environment): Promise<number | null> {
  const systemctl = systemctlOf(plan.scope, env);
  await mustAnswer(systemctl, plan);
  const running = await answeringDaemon(plan.home);
  await systemctl('disable', '--now', plan.name);
  removeUnit(file);
  await systemctl('daemon-reload');
  if (running === null) return null;
  return (await answeringDaemon(plan.home)) ?? launchDaemon(plan.home, env);
}

const changeOf = (old: string | null, text: string): Installed['change'] =>
  old === null ? 'written' : old === text ? 'unchanged' : 'replaced';

async function mustAnswer(systemctl: Systemctl, { scope, user }: BootPlan): Promise<void> {
  try {
    await systemctl('show', '--property=Version');
  } catch (cause) {
    const todo =
      scope === 'user'
        ? `Log in as ${user} itself (su and sudo open no session), or use the system's: agentvisor startup systemd --system`
        : 'Where systemd is not the init, such as in a container, make agentvisor daemon run the main process, or use cron: agentvisor startup cron';
    throw new AgentvisorError(
      'failed',
      `systemd cannot be asked. ${messageOf(cause)} Nothing was changed.`,
      todo,
      cause,
    );
  }
}

async function endForUnit(home: string): Promise<void> {
  letKeepersRest(home);
  try {
    await endAnyDaemon(home);
  } catch (error) {
    // It has ended by itself meanwhile.
    if (!isNotRunning(error)) throw error;
  }
}

async function unitsDaemon({ home, name, scope }: BootPlan): Promise<number> {
  const pid = await daemonAnswers(home, ANSWER_MS_MAX);
  const owner = readOwner(home);
  if (pid !== null && owner?.pid === pid && owner.unit === name) return pid;
  const what = pid === null ? 'does not answer' : `is not the one that answers (daemon ${pid})`;
  const look = `journalctl ${scope === 'user' ? '--user ' : ''}-u ${name}`;
  throw new AgentvisorError('failed', `The daemon of ${name} ${what}.`, `See why: ${look}`);
}

async function undo(plan: BootPlan, file: string, old: string | null, systemctl: Systemctl): Promise<void> {
  const quietly = (step: Promise<void>): Promise<void> => step.catch(() => undefined);
  // What it says is of no interest any more: the first failure is what is told.
  await quietly(systemctl('disable', '--now', plan.name));
  if (old === null) removeUnit(file);
  else writeUnit(file, old);
  await quietly(systemctl('daemon-reload'));
  if (old !== null) await quietly(systemctl('enable', '--now', plan.name));
}

function undone(error: unknown): AgentvisorError {
  const nextStep = error instanceof AgentvisorError ? error.nextStep : '';
  const todo = nextStep === '' ? 'Print it and install it yourself: agentvisor startup' : nextStep;
  return new AgentvisorError(
    'failed',
    `${messageOf(error)} What was done is undone; agents keep running.`,
    todo,
    error,
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
