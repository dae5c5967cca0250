import { act } from '../act.ts';
import { reportResults } from '../results.ts';
import type { Context } from '../verb.ts';

export const usage = 'TARGET… [--now] [--reason TEXT]';
export const options = {
  now: { type: 'boolean', summary: 'do not interrupt the turn first' },
  reason: { type: 'string', value: 'TEXT', summary: 'is kept in the history' },
} as const;
export const takes = { min: 1, max: Infinity, what: 'a TARGET' };
export const examples = ['agentvisor restart reviewer', 'agentvisor restart all --now --reason "new settings"'];

export async function run(context: Context): Promise<number> {
  const params = { targets: context.args, now: context.flag('now'), reason: context.option('reason') ?? null };
  return reportResults(context, await act(context, params.targets, (client) => client.call('restart', params)));
}
