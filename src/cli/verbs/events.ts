import { ask } from '../access.ts';
import { withClient } from '../../client/client.ts';
import { eventPrinter, followEvents } from '../event-printer.ts';
import { positiveInteger } from '../values.ts';
import type { Context } from '../verb.ts';

const EVENTS_SHOWN = 50;

export const usage = '[-f] [--lines N]';
export const options = {
  follow: { type: 'boolean', short: 'f', summary: 'go on with what happens from now on' },
  lines: { type: 'string', short: 'n', value: 'N', summary: `how many of the past (default ${EVENTS_SHOWN})` },
} as const;
export const takes = { min: 0, max: 0, what: '' };
export const examples = [
  'agentvisor events',
  'agentvisor events -f -n 5           five, then what happens until Ctrl-C',
  'agentvisor events -f --json         one object a line',
];

export async function run(context: Context): Promise<number> {
  const lines = positiveInteger('--lines', context.option('lines')) ?? EVENTS_SHOWN;
  if (context.flag('follow'))
    return withClient(context.home, async (client) => {
      throw await followEvents(context, client, lines, () => true);
    });
  const { value: rows, exitCode } = await ask(
    context,
    (client) => client.call('events', { lines }),
    ({ events }) => events.slice(-lines),
  );
  if (context.json) {
    context.answer(rows);
    return exitCode;
  }
  const print = eventPrinter(
    context,
    rows.map(({ agent }) => agent),
  );
  for (const row of rows) print(row);
  if (rows.length === 0) context.note('agentvisor: nothing has happened yet');
  return exitCode;
}
