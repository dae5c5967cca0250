import { ask, pickRows } from '../access.ts';
import { printAgents } from '../agent-list.ts';
import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = '[TARGET…]';
export const options = NO_OPTIONS;
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = ['agentvisor list', 'agentvisor list "rev*" --json'];

export async function run(context: Context): Promise<number> {
  const targets = context.args;
  const { value: rows, exitCode } = await ask(
    context,
    (client) => client.call('list', { targets }),
    ({ agents }) => pickRows(agents, targets),
  );
  await printAgents(context, rows);
  return exitCode;
}
