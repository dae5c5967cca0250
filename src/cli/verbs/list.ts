import { ask, pickRows } from '../access.ts';
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
  if (context.json) {
    context.answer(rows);
    return exitCode;
  }
  const { agentTable, NO_AGENTS } = await import('../agent-table.ts');
  const { isTTY, columns } = process.stdout;
  const colour = isTTY && (context.env['NO_COLOR'] ?? '') === '';
  const table = agentTable(rows, { now: Date.now(), width: isTTY ? columns : Infinity, colour });
  if (rows.length === 0) context.note(NO_AGENTS);
  else context.say(table);
  return exitCode;
}
