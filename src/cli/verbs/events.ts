import { ask } from '../access.ts';
import { withClient } from '../client.ts';
import { positiveInteger } from '../values.ts';
import { eventLine } from '../lines.ts';
import type { EventRow } from '../../protocol/rows.ts';
import type { Context } from '../verb.ts';

const EVENTS_SHOWN = 50;

export const usage = '[-f] [--lines N]';
export const options = {
  follow: { type: 'boolean', short: 'f', summary: 'go on with what happens from now on' },
  lines: { type: 'string', short: 'n', value: 'N', summary: `how many of the past (default ${EVENTS_SHOWN})` },
} as const;
export const takes = { min: 0, max: 0, what: '' };
export const examples = ['agentvisor events', 'agentvisor events -f --json'];

export async function run(context: Context): Promise<number> {
  const lines = positiveInteger('--lines', context.option('lines')) ?? EVENTS_SHOWN;
  if (context.flag('follow')) return follow(context, lines);
  const { value: rows, exitCode } = await ask(
    context,
    (client) => client.call('events', { lines }),
    ({ events }) => events.slice(-lines),
  );
  if (context.json) context.answer(rows);
  else for (const row of rows) context.say(eventLine(row));
  return exitCode;
}

/** With `--json` one object a line: an array that never ends could not be read. */
function follow(context: Context, lines: number): Promise<number> {
  const show = (row: EventRow): void => (context.json ? context.answer(row) : context.say(eventLine(row)));
  return withClient(context.home, async (client) => {
    // Subscribed first, so that nothing falls between the past and the present; the past is printed first.
    let waiting: EventRow[] | undefined = [];
    await client.subscribe((notification) => {
      if (notification.method === 'dropped')
        context.note(`agentvisor: too slow, ${notification.params.count} notices were dropped`);
      if (notification.method !== 'event') return;
      if (waiting === undefined) show(notification.params);
      else waiting.push(notification.params);
    });
    const past = await client.call('events', { lines });
    const printed = new Set(past.map((row) => JSON.stringify(row)));
    for (const row of past) show(row);
    for (const row of waiting) if (!printed.has(JSON.stringify(row))) show(row);
    waiting = undefined;
    throw await client.ended;
  });
}
