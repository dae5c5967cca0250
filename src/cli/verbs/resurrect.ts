import { act } from '../act.ts';
import { printAgents } from '../agent-list.ts';
import { NO_ARGUMENTS, NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = '';
export const options = NO_OPTIONS;
export const takes = NO_ARGUMENTS;
export const examples = ['agentvisor resurrect', 'agentvisor resurrect && agentvisor wait all --for up'];

/** A daemon brings back by itself who is wanted up, so there is nothing to do but to have one. */
export async function run(context: Context): Promise<number> {
  const rows = await act(context, [], (client) => client.call('list', { targets: [] }));
  await printAgents(context, { rows, incidents: [] });
  return 0;
}
