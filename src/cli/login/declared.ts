import { findEcosystem } from '../../config/load.ts';
import type { AgentSpec, CredentialSpec } from '../../kernel/spec.ts';
import { isNotRunning, readFiles } from '../access.ts';
import { loadOrTell } from '../apply-file.ts';
import { withClient } from '../../client/client.ts';
import { usageError } from '../usage.ts';
import type { Context } from '../verb.ts';

/** What is declared, and who uses it. */
export type Declared = { readonly credentials: readonly CredentialSpec[]; readonly agents: readonly AgentSpec[] };

/**
 * Of `--file`, if it is given; else what the daemon or its files know; else, for a login before the first start, of the
 * ecosystem file in this folder.
 */
export async function readDeclared(context: Context, wanted: string | undefined): Promise<Declared> {
  const named = context.option('file');
  if (named !== undefined) return ofFile(context, named);
  const known = await ofFleet(context);
  const isKnown = known.credentials.some(({ name }) => wanted === undefined || name === wanted);
  if (isKnown) return known;
  const found = await findEcosystem(context.cwd);
  if (found === undefined) return known;
  const file = await ofFile(context, found);
  // A slip of the pen is compared with all names.
  return {
    credentials: [...file.credentials, ...without(known.credentials, file.credentials)],
    agents: [...file.agents, ...known.agents],
  };
}

async function ofFleet(context: Context): Promise<Declared> {
  try {
    return await withClient(context.home, async (client) => {
      const credentials = await client.call('credentials', {});
      const descriptions = await client.call('describe', { targets: ['all'] });
      return { credentials, agents: descriptions.map(({ spec }) => spec) };
    });
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    const { fleet } = await readFiles(context.home);
    return {
      credentials: Object.values(fleet.credentials),
      agents: Object.values(fleet.agents).map(({ spec }) => spec),
    };
  }
}

async function ofFile(context: Context, path: string): Promise<Declared> {
  const ecosystem = await loadOrTell(context, path);
  if (ecosystem === undefined) throw usageError('The ecosystem file has mistakes.', 'See: agentvisor validate');
  return ecosystem;
}

const without = (all: readonly CredentialSpec[], those: readonly CredentialSpec[]): readonly CredentialSpec[] =>
  all.filter(({ name }) => !those.some((other) => other.name === name));
