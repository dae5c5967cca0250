import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { openLifeline } from './lifeline-server.ts';

/** The module whose `holdOnToTest` such a program calls. */
export const LIFELINE = fileURLToPath(new URL('lifeline.mjs', import.meta.url));

/**
 * An environment by which a program that outlives its parent, as a daemon under its keeper does, still ends with this test or
 * with the process that runs it, however that ends: it ends with 0, and its keeper lets it rest.
 */
export async function withLifeline(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const path = join(temporaryFolder(), 'lifeline');
  onTestFinished(await openLifeline(path));
  return { ...env, TEST_LIFELINE: path };
}
