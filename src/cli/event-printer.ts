import type { EventRow } from '../protocol/rows.ts';
import type { Client } from '../client/client.ts';
import { eventLine } from './lines.ts';
import { terminalOf } from '../wording/terminal.ts';
import type { Context } from './verb.ts';

export type EventPrinter = (row: EventRow) => void;

/** Names of agents stand in a column that is as wide as the longest seen so far, within reason. */
const AGENT_WIDTH_MAX = 24;

/** One event after the other; with `--json` one object a line: an array that never ends could not be read. */
export function eventPrinter(context: Context, known: readonly string[]): EventPrinter {
  if (context.json) return (row) => context.answer(row);
  const widthOf = (names: readonly string[]): number => Math.max(0, ...names.map((name) => name.length));
  let agentWidth = Math.min(AGENT_WIDTH_MAX, widthOf(known));
  return (row) => {
    agentWidth = Math.max(agentWidth, Math.min(AGENT_WIDTH_MAX, row.agent.length));
    // Asked each time: a window that is followed in may change its size.
    context.say(eventLine(row, terminalOf(process.stdout, context.env).width, agentWidth));
  };
}

/** The last `lines` of the past and all that happens, each event once. Returns why it ended, which only a daemon does. */
export async function followEvents(
  context: Context,
  client: Client,
  lines: number,
  isWanted: (row: EventRow) => boolean,
): Promise<Error> {
  let print: EventPrinter | undefined;
  const waiting: EventRow[] = [];
  // Subscribed first, so that nothing falls between the past and the present; the past is printed first.
  const { agents } = await client.subscribe((notification) => {
    if (notification.method === 'dropped')
      context.note(`agentvisor: too slow, ${notification.params.count} notices were dropped`);
    if (notification.method !== 'event' || !isWanted(notification.params)) return;
    if (print === undefined) waiting.push(notification.params);
    else print(notification.params);
  });
  const past = lines === 0 ? [] : (await client.call('events', { lines })).filter(isWanted);
  print = eventPrinter(
    context,
    agents.map(({ name }) => name),
  );
  const printed = new Set(past.map((row) => JSON.stringify(row)));
  const missed = waiting.filter((row) => !printed.has(JSON.stringify(row)));
  for (const row of [...past, ...missed]) print(row);
  return client.ended;
}
