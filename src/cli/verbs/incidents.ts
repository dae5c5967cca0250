import { ask } from '../access.ts';
import { incidentLines } from '../lines.ts';
import { NO_OPTIONS, NO_ARGUMENTS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = '';
export const options = NO_OPTIONS;
export const takes = NO_ARGUMENTS;
export const examples = ['agentvisor incidents', 'agentvisor incidents --json'];

export async function run(context: Context): Promise<number> {
  const { value: rows, exitCode } = await ask(
    context,
    (client) => client.call('incidents', {}),
    ({ incidents }) => incidents,
  );
  if (context.json) context.answer(rows);
  else for (const row of rows) context.say(incidentLines(row));
  if (rows.length === 0) context.note('agentvisor: there were no incidents');
  return exitCode;
}
