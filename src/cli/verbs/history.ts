import { ask } from '../access.ts';
import { eventLine } from '../lines.ts';
import { noSuchAgent } from '../../protocol/errors.ts';
import type { EventRow, HistoryRow } from '../../protocol/rows.ts';
import { terminalOf } from '../../wording/terminal.ts';
import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = 'NAME';
export const options = NO_OPTIONS;
export const takes = { min: 1, max: 1, what: 'the NAME of an agent' };
export const examples = ['agentvisor history reviewer', 'agentvisor history reviewer --json'];

export async function run(context: Context): Promise<number> {
  const [agent = ''] = context.args;
  const { value: rows, exitCode } = await ask(
    context,
    (client) => client.call('history', { agent }),
    ({ agents, events }) => {
      if (!agents.some(({ name }) => name === agent)) throw noSuchAgent(agent);
      return events.filter((event) => event.agent === agent).map(withoutName);
    },
  );
  const { width } = terminalOf(process.stdout, context.env);
  if (context.json) context.answer(rows);
  else for (const row of rows) context.say(eventLine(row, width));
  if (rows.length === 0) context.note(`agentvisor: nothing has happened to ${agent} yet`);
  return exitCode;
}

const withoutName = ({ at, run: id, event, cause, detail }: EventRow): HistoryRow => ({
  at,
  run: id,
  event,
  cause,
  detail,
});
