import { act } from '../act.ts';
import { reportResults } from '../results.ts';
import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = 'TARGET...';
export const options = NO_OPTIONS;
export const takes = { min: 1, max: Infinity, what: 'a TARGET' };
export const examples = ['agentvisor delete reviewer', 'agentvisor rm "night-*"'];

export async function run(context: Context): Promise<number> {
  const targets = context.args;
  return reportResults(context, await act(context, targets, (client) => client.call('delete', { targets })));
}
