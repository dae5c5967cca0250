import type { AgentResult } from '../protocol/api.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import type { DaemonContext } from './context.ts';

/**
 * On a disk that refuses, the daemon goes on from memory: what an operator asks for is done, since it may be what makes
 * room, and he is told that it is forgotten should the daemon end before there is room again.
 */
export async function asKept(
  context: DaemonContext,
  results: readonly AgentResult[] | Promise<readonly AgentResult[]>,
): Promise<readonly AgentResult[]> {
  const done = await results;
  const refusals = await refusalsNow(context);
  if (refusals.length === 0) return done;
  const why = `done, but the disk does not keep it (${refusals.join('; ')}); make room: agentvisor flush`;
  return done.map((result) => (result.ok ? { ...result, ok: false, detail: why } : result));
}

/** For what must be on the disk before it is begun. @throws AgentvisorError when nothing would be kept; nothing is done then. */
export async function mustKeep(context: DaemonContext): Promise<void> {
  const refusals = await refusalsNow(context);
  if (refusals.length > 0) throw notKept('Nothing was done', refusals);
}

/** @throws AgentvisorError when the disk has refused what was just done. */
export function wasKept({ store }: DaemonContext): void {
  const refusals = store.refusals();
  if (refusals.length > 0) throw notKept('It was taken, but is forgotten should the daemon end now', refusals);
}

/** A disk that has refused is asked once more. */
async function refusalsNow({ engine, store }: DaemonContext): Promise<readonly string[]> {
  if (store.refusals().length > 0) await engine.save();
  return store.refusals();
}

const notKept = (what: string, refusals: readonly string[]): AgentvisorError =>
  new AgentvisorError(
    'failed',
    `${what}: the disk refuses ${refusals.join('; ')}.`,
    'Make room (agentvisor flush removes the logs of ended runs), then try again.',
  );
