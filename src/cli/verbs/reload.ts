import type { AgentRow } from '../../protocol/rows.ts';
import { matchTargets } from '../../protocol/targets.ts';
import { act } from '../act.ts';
import { withProgress } from '../progress.ts';
import { reportResults } from '../results.ts';
import type { Context } from '../verb.ts';

export const usage = 'TARGET... [--reason TEXT]';
export const options = {
  reason: { type: 'string', value: 'TEXT', summary: 'is kept in the history' },
} as const;
export const takes = { min: 1, max: Infinity, what: 'a TARGET' };
export const examples = [
  'agentvisor reload reviewer',
  'agentvisor reload all --reason "new settings"',
  'agentvisor restart reviewer         does not wait for the end of the turn',
];

export async function run(context: Context): Promise<number> {
  const targets = context.args;
  const params = { targets, how: 'after-turn', reason: context.option('reason') ?? null } as const;
  const progress = (row: AgentRow): string | null =>
    matchTargets(targets, [row]).rows.length === 0 ? null : word(row);
  const results = await act(context, targets, (client) =>
    withProgress(context, client, progress, client.call('restart', params)),
  );
  return reportResults(context, results);
}

const word = ({ state, inTurn }: AgentRow): string => (state === 'running' && inTurn ? 'at work on a turn' : state);
