import { rmSync } from 'node:fs';
import { AgentvisorError } from '../../protocol/errors.ts';
import { VERSION } from '../../protocol/version.ts';
import type { DaemonStatus } from '../../protocol/api.ts';
import { readOwner } from '../../home/owner.ts';
import { daemonLog, restMark } from '../../home/paths.ts';
import { ask, isNotRunning } from '../access.ts';
import { count } from '../../wording/count.ts';
import { ageOf } from '../../wording/ages.ts';
import { endAnyDaemon, endForItsUnit, letKeepersRest } from '../daemon-end.ts';
import type { Ended } from '../daemon-end.ts';
import { daemonAnswers, launchDaemon } from '../launch.ts';
import { terminalOf } from '../../wording/terminal.ts';
import { usageError } from '../usage.ts';
import { wrapLines } from '../../wording/wrap.ts';
import type { Context } from '../verb.ts';

export const usage = '[status|stop|restart|run] [--with-agents]';
export const options = {
  'with-agents': { type: 'boolean', summary: 'run: stop the agents when this daemon is told to end' },
} as const;
export const takes = { min: 0, max: 1, what: '' };
export const examples = [
  'agentvisor daemon                   how it is (status)',
  'agentvisor daemon stop              agents keep running',
  'agentvisor daemon restart           after an upgrade; agents keep running',
  'agentvisor daemon run               in the foreground, for systemd',
];

const ACTIONS: Readonly<Record<string, (context: Context) => Promise<number>>> = {
  status,
  stop,
  restart,
  run: foreground,
};

/** A unit waits a second before it starts the daemon again, which may have to replay a long journal. */
const UNIT_MS_MAX = 20_000;

export function run(context: Context): Promise<number> {
  const [word = 'status'] = context.args;
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined) {
    const start = word === 'start' ? '; restart also starts one where none runs' : '';
    throw usageError(`daemon cannot do "${word}".`, `It can: ${Object.keys(ACTIONS).join(', ')}${start}`);
  }
  if (context.flag('with-agents') && word !== 'run')
    throw usageError('--with-agents belongs to: agentvisor daemon run.', 'To stop agents and daemon: agentvisor kill');
  return action(context);
}

async function status(context: Context): Promise<number> {
  const { value, exitCode } = await ask(
    context,
    (client) => client.call('status', {}),
    () => undefined,
  ).catch((error: unknown) => {
    throw error instanceof AgentvisorError && error.code === 'unreachable' ? stuck(context.home, error) : error;
  });
  if (value === undefined) return exitCode;
  if (context.json) context.answer(value);
  else context.say(wrapLines(statusLines(value), terminalOf(process.stdout, context.env).width, 4));
  return exitCode;
}

/** Idempotent: that it does not run is what was wanted. */
async function stop(context: Context): Promise<number> {
  const before = letKeepersRest(context.home);
  try {
    const { pid } = await endAnyDaemon(context.home);
    if (context.json) context.answer({ pid });
    else context.say(`daemon ${pid} stopped; agents keep running`);
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    if (context.json) context.answer({ pid: null });
    context.note('agentvisor: daemon not running');
  } finally {
    const refused = letKeepersRest(context.home) ?? before;
    if (refused !== null) context.note(`agentvisor: ${refused}`);
  }
  return 0;
}

async function restart(context: Context): Promise<number> {
  const unit = readOwner(context.home)?.unit;
  const before = await endForItsUnit(context.home);
  const pid = before === null ? undefined : await daemonAnswers(context.home, UNIT_MS_MAX);
  if (pid === null) throw staysDown(unit ?? '');
  if (before !== null && pid !== undefined) return replaced(context, pid, before);
  const ended = await endIfThere(context.home);
  let launched = await launchDaemon(context.home, context.env);
  // A command of the version before may have started its own in between.
  for (let tries = 1; tries < TRIES_MAX && isOfOtherVersion(context.home); tries += 1) {
    await endIfThere(context.home);
    launched = await launchDaemon(context.home, context.env);
  }
  return replaced(context, launched, ended?.pid ?? null);
}

const TRIES_MAX = 5;

const isOfOtherVersion = (home: string): boolean => (readOwner(home)?.version ?? VERSION) !== VERSION;

async function endIfThere(home: string): Promise<Ended | undefined> {
  try {
    return await endAnyDaemon(home);
  } catch (error) {
    if (isNotRunning(error)) return undefined;
    throw error;
  }
}

function replaced(context: Context, pid: number, before: number | null): number {
  if (context.json) context.answer({ pid, before });
  else
    context.say(before === null ? `daemon ${pid} started` : `daemon ${before} replaced by ${pid}; agents keep running`);
  return 0;
}

/** This process becomes the daemon; it ends itself. That one is wanted is said by starting it. */
async function foreground(context: Context): Promise<number> {
  process.env['AGENTVISOR_HOME'] = context.home;
  rmSync(restMark(context.home), { force: true });
  await import('../../daemon/main.ts');
  return new Promise<never>(() => undefined);
}

function statusLines(daemon: DaemonStatus): string {
  return [
    `daemon ${daemon.pid}, version ${daemon.version}, up for ${ageOf(daemon.uptimeMs)}`,
    `  ${count(daemon.agents, 'agent')}, ${daemon.alive} alive, ${count(daemon.openIncidents, 'open incident')}${daemon.openIncidents > 0 ? ' (see: agentvisor incidents)' : ''}, ${Math.round(daemon.rss / 2 ** 20)} MB`,
    `  home ${daemon.home}, socket ${daemon.socket}`,
    ...lagLines(daemon),
    ...daemon.degraded.map((text) => `  degraded: ${text}`),
  ].join('\n');
}

function lagLines({ timeLost }: DaemonStatus): readonly string[] {
  if (timeLost === undefined || timeLost.times === 0) return [];
  const { times, longestMs } = timeLost;
  return [
    `  did not run ${times === 1 ? 'once' : `${times} times`}, for ${ageOf(longestMs)} at most: asleep, stopped or too busy`,
  ];
}

const staysDown = (unit: string): AgentvisorError =>
  new AgentvisorError(
    'unreachable',
    `The daemon has ended and ${unit} did not start it again; agents keep running.`,
    'See why: journalctl -u with its name (--user for a unit of yours). One without it: agentvisor daemon restart',
  );

const stuck = (home: string, error: AgentvisorError): AgentvisorError =>
  new AgentvisorError(
    'unreachable',
    error.message,
    `Its pid is ${readOwner(home)?.pid ?? 'unknown'}; it may be stopped (kill -CONT) or stuck (kill -9, its keeper starts another). Its log: ${daemonLog(home)}`,
    error,
  );
