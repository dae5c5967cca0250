import type { ExplanationRow } from '../../protocol/rows.ts';
import type { Offline } from '../../home/offline.ts';
import { ask, pickRows } from '../access.ts';
import { withLocalTimes } from '../../wording/local-times.ts';
import { terminalOf } from '../../wording/terminal.ts';
import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';
import { wrap } from '../../wording/wrap.ts';

export const usage = '[TARGET...]';
export const options = NO_OPTIONS;
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = ['agentvisor explain reviewer', 'agentvisor explain                  all agents'];

export async function run(context: Context): Promise<number> {
  const targets = context.args;
  const { value: rows, exitCode } = await ask(
    context,
    (client) => client.call('explain', { targets }),
    (files) => explainFrom(files, targets),
  );
  const { width } = terminalOf(process.stdout, context.env);
  if (context.json) context.answer(rows);
  else if (rows.length > 0) context.say(rows.map(({ text }) => wrap(withLocalTimes(text), width, 0)).join('\n\n'));
  if (rows.length === 0) context.note('agentvisor: there are no agents');
  return exitCode;
}

async function explainFrom(
  { agents, fleet, now }: Offline,
  targets: readonly string[],
): Promise<readonly ExplanationRow[]> {
  const { explanationRow } = await import('../../protocol/explanation.ts');
  const chosen = await pickRows(agents, targets);
  return chosen.flatMap(({ name }) => {
    const agent = fleet.agents[name];
    return agent === undefined ? [] : [explanationRow(fleet, agent, now)];
  });
}
