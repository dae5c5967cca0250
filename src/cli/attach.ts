import { withClient } from '../client/client.ts';
import { followEvents } from './event-printer.ts';
import type { Context } from './verb.ts';

/** Shows what happens to these agents until a person has seen enough, which is no failure: they keep running. */
export async function attach(context: Context, names: readonly string[]): Promise<number> {
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
