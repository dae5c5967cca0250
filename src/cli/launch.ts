import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DAEMON_HEAP } from '../home/daemon-heap.ts';
import { readOwner, UNIT_VARIABLE } from '../home/owner.ts';
import { prepareHome } from '../home/permission.ts';
import { daemonLog, restMark } from '../home/paths.ts';
import { openPlain } from '../home/plain.ts';
import type { Environment } from '../home/paths.ts';
import { COOKIES } from '../kernel/cookies.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import { openClient } from '../client/client.ts';
import { KEEPER_NAME, KEEPER_SCRIPT } from './keeper.ts';
import type { InstalledUnit } from './startup/unit-file.ts';

/** How long a daemon may take until it answers: it may have to replay a long journal on a slow disk. */
const LAUNCH_MS_MAX = 15_000;
const POLL_MS = 40;
/** Between two keepers, while an owner that no longer listens has not ended yet. */
const RETRY_MS = 250;
const LOG_TAIL_BYTES = 4_096;

export type LaunchOptions = {
  /** The daemon's program; only tests name another. */
  readonly program?: string;
  readonly launchMsMax?: number;
};

/**
 * Starts a daemon under its keeper and waits until the home's daemon answers, whoever started it: of many launched at
 * the same moment one becomes the owner, the others see that and end, and so do their keepers.
 *
 * @returns the pid of the daemon that answers.
 */
export async function launchDaemon(home: string, env: Environment, options: LaunchOptions = {}): Promise<number> {
  prepareHome(home);
  rmSync(restMark(home), { force: true });
  const { installedUnit } = await import('./startup/unit-file.ts');
  const unit = options.program === undefined ? installedUnit(home, env) : null;
  if (unit !== null) {
    const pid = await startUnit(home, env, unit, options.launchMsMax ?? LAUNCH_MS_MAX);
    if (pid !== null) return pid;
  }
  const log = daemonLog(home);
  const program = options.program ?? fileURLToPath(new URL('../daemon/main.js', import.meta.url));
  let keeper = spawnKeeper(home, env, program);
  const launchMsMax = options.launchMsMax ?? LAUNCH_MS_MAX;
  const startedAt = performance.now();
  for (;;) {
    const answer = await greet(home);
    if (typeof answer === 'number') return answer;
    if (performance.now() - startedAt > launchMsMax) throw neverAnswered(log, launchMsMax, keeper.pid, answer);
    // It met an owner that was just ending, and nobody else is going to try.
    const isAlone = keeper.exitCode !== null && answer.code === 'not-running';
    if (isAlone) keeper = spawnKeeper(home, env, program);
    await sleep(isAlone ? RETRY_MS : POLL_MS);
  }
}

/** Who holds the home by a unit wants it held by that one. Null when it cannot be started: then a keeper does it. */
async function startUnit(
  home: string,
  env: Environment,
  { scope, name }: InstalledUnit,
  launchMsMax: number,
): Promise<number | null> {
  const { systemctlOf } = await import('./startup/systemctl.ts');
  try {
    await systemctlOf(scope, env)('start', name);
  } catch {
    // No session, no right, or a unit whose program is gone: agents need a daemon all the same.
    return null;
  }
  return daemonAnswers(home, launchMsMax);
}

/** The pid of the daemon that answers, also of one of another version; null when none does. */
export async function answeringDaemon(home: string): Promise<number | null> {
  const answer = await greet(home);
  if (typeof answer === 'number') return answer;
  if (answer.code === 'not-running') return null;
  throw answer;
}

/** Waits for it; null when nobody has answered in time. */
export async function daemonAnswers(home: string, msMax: number): Promise<number | null> {
  const startedAt = performance.now();
  for (;;) {
    const answer = await greet(home);
    if (typeof answer === 'number') return answer;
    if (performance.now() - startedAt > msMax) return null;
    await sleep(POLL_MS);
  }
}

/** The last line that is not empty, for an error message. */
function lastLine(file: string): string | undefined {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const tail = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
    const bytes = readSync(fd, tail, 0, tail.length, size - tail.length);
    const lines = tail.subarray(0, bytes).toString('utf8').split('\n');
    return lines.map((line) => line.trim()).findLast((line) => line !== '' && !line.startsWith('agentvisor keeper:'));
  } finally {
    closeSync(fd);
  }
}

/** Any answer to a handshake will do; a mismatch is for the call that follows to report. */
async function greet(home: string): Promise<number | AgentvisorError> {
  const client = openClient(home);
  try {
    return (await client.call('ping', {})).pid;
  } catch (error) {
    if (!(error instanceof AgentvisorError)) throw error;
    // A daemon of another protocol may say no more than that; whose home it is stands in its file.
    const owner = error.code === 'version-mismatch' ? readOwner(home)?.pid : undefined;
    return client.daemon()?.pid ?? owner ?? error;
  } finally {
    client.close();
  }
}

/** An agent that runs the CLI must not hand its own cookies to a daemon, which would pass for one of its processes. */
function spawnKeeper(home: string, env: Environment, program: string): ChildProcess {
  const log = daemonLog(home);
  const fd = openPlain(log, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
  try {
    const kept = Object.entries(env).filter(([name]) => !COOKIES.includes(name) && name !== UNIT_VARIABLE);
    const args = ['-c', KEEPER_SCRIPT, KEEPER_NAME, process.execPath, program, log, restMark(home), DAEMON_HEAP];
    const keeper = spawn('/bin/sh', args, {
      cwd: '/',
      detached: true,
      env: { ...Object.fromEntries(kept), AGENTVISOR_HOME: home },
      stdio: ['ignore', fd, fd],
    });
    // Without a shell there is no daemon, and the wait for its answer says so.
    keeper.on('error', () => undefined);
    keeper.unref();
    return keeper;
  } finally {
    closeSync(fd);
  }
}

function neverAnswered(log: string, ms: number, keeper: number | undefined, cause: AgentvisorError): AgentvisorError {
  const words = lastLine(log);
  const said = words === undefined ? 'Its log is empty.' : `Its last words: ${words}`;
  return new AgentvisorError(
    'unreachable',
    `The daemon was started but did not answer within ${Math.round(ms / 1000)} s. ${said}`,
    `Read ${log}; its keeper (pid ${keeper ?? 'unknown'}) goes on trying until: agentvisor kill`,
    cause,
  );
}
