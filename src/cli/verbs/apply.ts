import type { AgentResult } from '../../protocol/api.ts';
import type { Ecosystem } from '../../config/ecosystem.ts';
import { isNotRunning, readFiles } from '../access.ts';
import { applyEcosystem, loadOrTell } from '../apply-file.ts';
import { withClient } from '../../client/client.ts';
import { EXIT_CODES } from '../../protocol/errors.ts';
import { reportResults } from '../results.ts';
import type { Context } from '../verb.ts';

export const usage = 'FILE [--dry-run] [--prune]';
export const options = {
  'dry-run': { type: 'boolean', summary: 'tell what would happen to each agent and change nothing' },
  prune: { type: 'boolean', summary: 'delete agents that came from this file and stand no longer in it' },
} as const;
export const takes = { min: 1, max: 1, what: 'a FILE' };
export const examples = [
  'agentvisor apply ecosystem.ts --dry-run --prune',
  'agentvisor apply ecosystem.ts',
  'agentvisor apply ecosystem.ts --prune',
];

export async function run(context: Context): Promise<number> {
  const ecosystem = await loadOrTell(context, context.args[0]);
  if (ecosystem === undefined) return EXIT_CODES.usage;
  const prune = context.flag('prune');
  if (!context.flag('dry-run')) return reportResults(context, await applyEcosystem(context, ecosystem, prune));
  const exitCode = reportResults(context, await plan(context, ecosystem, prune));
  if (!context.json) context.note('agentvisor: nothing was changed');
  return exitCode;
}

/** Without a daemon the files know the agents; a plan made from them is as good. */
async function plan(
  { home }: Context,
  { file, agents, credentials }: Ecosystem,
  prune: boolean,
): Promise<readonly AgentResult[]> {
  const params = { file, agents, credentials, prune };
  try {
    return await withClient(home, (client) => client.call('plan', params));
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    const { planOf } = await import('../../protocol/plan.ts');
    const { fleet } = await readFiles(home);
    return planOf(Object.values(fleet.agents), params);
  }
}
