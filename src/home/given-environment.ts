import { runOf, type Agent } from '../kernel/fleet.ts';
import { identity } from './process-identity.ts';
import { environmentOf } from './proc-stat.ts';

/**
 * What the process of an agent was given, secrets included: for a comparison, never to be shown. Null when it has none, and on macOS,
 * which hides it. `boot`: pids and start times of another one mean nothing.
 */
export function givenEnvironment({ state }: Agent, boot: string): Readonly<Record<string, string>> | null {
  const shim = runOf(state)?.shim ?? null;
  if (shim === null || shim.boot !== boot || !identity.isAlive(shim.pid, shim.start)) return null;
  return environmentOf(shim.pid);
}
