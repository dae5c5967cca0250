import type { AgentRow } from '../../protocol/rows.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { ask, pickRows } from '../access.ts';
import type { Client } from '../../client/client.ts';
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
  const wantsCredentials = (rows: readonly AgentRow[]): boolean =>
    !context.json && rows.some(({ credential }) => credential !== null);
  const { value, exitCode } = await ask<Listed>(
    context,
    async (client) => {
      const rows = await client.call('list', { targets });
      const [incidents, credentials] = await Promise.all([
        wantsIncidents(rows) ? client.call('incidents', { open: true }) : [],
        wantsCredentials(rows) ? client.call('credential-states', {}).catch(noneIfUnknown) : [],
      ]);
      return { rows, incidents, credentials, degraded: await degradedOf(client, rows, context) };
    },
    async ({ agents, incidents, fleet, now }) => {
      const rows = await pickRows(agents, targets);
      if (!wantsCredentials(rows)) return { rows, incidents, credentials: [] };
      const { credentialStates } = await import('../../protocol/credential-row.ts');
      return { rows, incidents, credentials: credentialStates(fleet, now.wall) };
    },
  );
  await printAgents(context, value, context.flag('wide'));
  return exitCode;
}

/** Every row says it; without one only the daemon itself does. */
async function degradedOf(
  client: Client,
  [row]: readonly AgentRow[],
  { json, args }: Context,
): Promise<readonly string[]> {
  if (row !== undefined) return row.degraded;
  return json || args.length > 0 ? [] : (await client.call('status', {})).degraded;
}

/** A daemon that was not renewed behind an upgrade has nothing to say of it; that must not cost the list. */
function noneIfUnknown(error: unknown): readonly [] {
  if (error instanceof AgentvisorError && error.code === 'usage') return [];
  throw error;
}
