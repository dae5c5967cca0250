import { act } from '../act.ts';
import { reportResults } from '../results.ts';
import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = 'TARGET...';
export const options = NO_OPTIONS;
export const takes = { min: 1, max: Infinity, what: 'a TARGET' };
export const examples = [
  'agentvisor pause reviewer           it goes on working and is not restarted',
  'agentvisor resume reviewer',
];

export async function run(context: Context): Promise<number> {
  const params = { targets: context.args, paused: true };
  return reportResults(context, await act(context, params.targets, (client) => client.call('pause', params)));
}
