import { withClient } from '../client/client.ts';
import { followEvents } from './event-printer.ts';
import type { Context } from './verb.ts';
import { hasScreen, watch } from './watch.ts';

/**
 * Shows what happens to these agents until a person has seen enough, which is no failure: they keep running. On a terminal
 * that is the whole fleet, in a pipe the events of these agents.
 */
export async function attach(context: Context, names: readonly string[]): Promise<number> {
  if (hasScreen(context)) return watch(context, false);
  const wanted = new Set(names);
  const enough = new Promise<'enough'>((resolve) => process.once('SIGINT', () => resolve('enough')));
  return withClient(context.home, async (client) => {
    const lost = followEvents(context, client, 0, ({ agent }) => wanted.has(agent));
    context.note('agentvisor: showing what happens; Ctrl-C ends this, agents keep running');
    const end = await Promise.race([enough, lost]);
    if (end !== 'enough') throw end;
    return 0;
  });
}
