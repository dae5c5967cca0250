import { act } from '../act.ts';
import { reportResults } from '../results.ts';
import type { Context } from '../verb.ts';

export const usage = 'TARGET... [--now] [--reason TEXT]';
export const options = {
  now: { type: 'boolean', summary: 'do not interrupt the turn first' },
  reason: { type: 'string', value: 'TEXT', summary: 'is kept in the history' },
} as const;
export const takes = { min: 1, max: Infinity, what: 'a TARGET' };
export const examples = [
  'agentvisor restart reviewer         interrupts the turn and goes on with it',
  'agentvisor restart all --now --reason "new settings"',
  'agentvisor reload reviewer          waits for the end of the turn instead',
];

export async function run(context: Context): Promise<number> {
  const params = {
    targets: context.args,
    how: context.flag('now') ? 'now' : 'interrupt',
    reason: context.option('reason') ?? null,
  } as const;
  return reportResults(context, await act(context, params.targets, (client) => client.call('restart', params)));
}
