import { AgentvisorError, EXIT_CODES, noSuchAgent } from '../protocol/errors.ts';
import type { Offline } from '../home/offline.ts';
import { withClient } from '../client/client.ts';
import { count } from '../wording/count.ts';
import type { Client } from '../client/client.ts';
import type { Context } from './verb.ts';

export type Answer<T> = { readonly value: T; readonly exitCode: number };

/** A question that changes nothing: the daemon answers it, or the files do, and then the exit code says so. */
export async function ask<T>(
  context: Context,
  online: (client: Client) => Promise<T>,
  offline: (files: Offline) => T | Promise<T>,
): Promise<Answer<T>> {
  try {
    return { value: await withClient(context.home, online), exitCode: 0 };
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    const files = await readFiles(context.home);
    const value = await offline(files);
    context.note(`agentvisor: daemon not running, ${count(files.alive, 'agent')} alive`);
    for (const damage of files.damage) context.note(`agentvisor: ${damage}: what stood there is not shown`);
    return { value, exitCode: EXIT_CODES['not-running'] };
  }
}

export const isNotRunning = (error: unknown): boolean =>
  error instanceof AgentvisorError && error.code === 'not-running';

/** Loaded only when needed: it reads the kernel's state. */
export async function readFiles(home: string): Promise<Offline> {
  const { readOffline } = await import('../home/offline.ts');
  return readOffline(home);
}

/** The rows that the targets name; no target at all names everybody. */
export async function pickRows<T extends { readonly name: string; readonly namespace: string }>(
  rows: readonly T[],
  targets: readonly string[],
): Promise<readonly T[]> {
  if (targets.length === 0) return rows;
  const { matchTargets } = await import('../protocol/targets.ts');
  const { rows: chosen, unknown } = matchTargets(targets, rows);
  const [first] = unknown;
  if (first !== undefined) throw noSuchAgent(first);
  return chosen;
}
