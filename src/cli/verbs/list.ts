import type { AgentRow } from '../../protocol/rows.ts';
import { ask, pickRows } from '../access.ts';
import { printAgents, type Listed } from '../agent-list.ts';
import type { Context } from '../verb.ts';

export const usage = '[TARGET...] [--wide]';
export const options = {
  wide: { type: 'boolean', summary: 'every column, whole, however narrow the terminal is' },
} as const;
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = [
  'agentvisor list',
  'agentvisor list "rev*" --json',
  'agentvisor list --wide | less -S   columns that a narrow terminal leaves out',
];

export async function run(context: Context): Promise<number> {
  const targets = context.args;
  const wantsIncidents = (rows: readonly AgentRow[]): boolean =>
    !context.json && rows.some(({ incident }) => incident !== null);
  const { value, exitCode } = await ask<Listed>(
    context,
    async (client) => {
      const rows = await client.call('list', { targets });
      return { rows, incidents: wantsIncidents(rows) ? await client.call('incidents', { open: true }) : [] };
    },
    async ({ agents, incidents }) => ({ rows: await pickRows(agents, targets), incidents }),
  );
  await printAgents(context, value, context.flag('wide'));
  return exitCode;
}
