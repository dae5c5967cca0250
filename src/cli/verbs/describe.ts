import type { AgentRow } from '../../protocol/rows.ts';
import { ask, pickRows } from '../access.ts';
import { descriptionLines } from '../description.ts';
import type { Known } from '../../wording/agent-facts.ts';
import { terminalOf } from '../../wording/terminal.ts';
import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = 'TARGET...';
export const options = NO_OPTIONS;
export const takes = { min: 1, max: Infinity, what: 'a TARGET' };
export const examples = ['agentvisor describe reviewer', 'agentvisor info reviewer --json'];

export async function run(context: Context): Promise<number> {
  const targets = context.args;
  const { value: descriptions, exitCode } = await ask<readonly Known[]>(
    context,
    (client) => client.call('describe', { targets }),
    async ({ agents }) => (await pickRows(agents, targets)).map(rowOnly),
  );
  const { width } = terminalOf(process.stdout, context.env);
  if (context.json) context.answer(descriptions);
  else if (descriptions.length > 0)
    context.say(descriptions.map((known) => descriptionLines(known, Date.now(), width)).join('\n\n'));
  if (descriptions.length === 0) context.note('agentvisor: there are no agents');
  return exitCode;
}

/** What the files alone tell. */
const rowOnly = (agent: AgentRow): Known => ({
  agent,
  spec: null,
  explain: null,
  runFolder: null,
  activity: null,
  messages: null,
});
