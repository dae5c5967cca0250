import { setTimeout as sleep } from 'node:timers/promises';
import { isNotRunning, pickRows, readFiles } from './access.ts';
import { notRunning } from '../protocol/errors.ts';
import { ConnectionLost, withClient } from '../client/client.ts';
import type { Client } from '../client/client.ts';
import { launchDaemon } from './launch.ts';
import type { Context } from './verb.ts';

/** How long a wait that outlives a daemon looks for the next one; a keeper needs two seconds. */
const RECONNECT_MS_MAX = 10_000;
const RECONNECT_POLL_MS = 100;

/**
 * An act: starts a daemon when none runs. That nobody listened is the one failure after which nothing was done, so `use`
 * may run a second time. Targets that no file knows are refused first: a slip of the pen starts no daemon.
 */
export async function act<T>(
  context: Context,
  targets: readonly string[],
  use: (client: Client) => Promise<T>,
): Promise<T> {
  try {
    return await withClient(context.home, use);
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    await checkTargets(context, targets);
    await launchDaemon(context.home, context.env);
    return withClient(context.home, use);
  }
}

/**
 * For what may be asked again and waits long: a daemon that dies under `first` is waited for, never replaced: whoever
 * ended it may have meant it.
 */
export async function patiently<T>(context: Context, first: () => Promise<T>, again: () => Promise<T>): Promise<T> {
  try {
    return await first();
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    context.note('agentvisor: the daemon is gone; waiting for it to come back');
    return reconnect(again, error);
  }
}

async function checkTargets(context: Context, targets: readonly string[]): Promise<void> {
  if (targets.length === 0) return;
  const chosen = await pickRows((await readFiles(context.home)).agents, targets);
  // `all` of nobody.
  if (chosen.length === 0) throw notRunning();
}

async function reconnect<T>(again: () => Promise<T>, lost: ConnectionLost): Promise<T> {
  let last = lost;
  let lostAt = performance.now();
  while (performance.now() - lostAt < RECONNECT_MS_MAX) {
    await sleep(RECONNECT_POLL_MS);
    try {
      return await again();
    } catch (error) {
      if (error instanceof ConnectionLost) {
        last = error;
        lostAt = performance.now();
      } else if (!isNotRunning(error)) throw error;
    }
  }
  throw last;
}
