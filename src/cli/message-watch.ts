import type { AgentRow } from '../protocol/rows.ts';
import { openClient, withClient } from '../client/client.ts';
import type { Client } from '../client/client.ts';
import { withLocalTimes } from '../wording/local-times.ts';
import type { Context } from './verb.ts';

/** In these an agent is asked nothing until its time or a person comes. */
const WAITING_HEALTHS: ReadonlySet<string> = new Set(['wedged', 'quiet', 'held', 'capped', 'throttled']);

/** What passes within a moment, as a part of every recovery, is worth no word to somebody who waits already. */
const PASSING: ReadonlySet<string> = new Set(['wedged', 'starting', 'stopping']);

/** How the agent is, when a message for it waits. */
function waitOf({ state, health }: AgentRow): string | null {
  if (state !== 'running') return state;
  return WAITING_HEALTHS.has(health) ? health : null;
}

/**
 * A message for an agent that is down or held is safe but not answered soon: who sent it should know.
 *
 * @returns how the agent is, null when the message does not wait.
 */
export async function sayIfItWaits(context: Context, agent: string): Promise<string | null> {
  // The message is taken already: that its agent cannot be looked at just now is no failure of the sending.
  const rows = await withClient(context.home, (client) => client.call('list', { targets: [agent] })).catch(() => []);
  const row = rows.find(({ name }) => name === agent);
  const wait = row === undefined ? null : waitOf(row);
  if (wait !== null)
    context.note(`agentvisor: the message waits, ${agent} is ${wait}; see why: agentvisor describe ${agent}`);
  return wait;
}

/** Does something, and tells meanwhile. */
export type Telling = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * For whoever waits for an answer: tells on stderr each time that the agent becomes such that the message waits, why, and
 * what comes next. `told` is what was said before. It may be used again, with another daemon, and repeats nothing then.
 */
export function tellerOf(context: Context, agent: string, told: string | null): Telling {
  let now = told;
  const look = async (client: Client, row: AgentRow): Promise<void> => {
    const wait = waitOf(row);
    if (row.name !== agent || wait === now || (wait !== null && PASSING.has(wait))) return;
    now = wait;
    if (wait === null) return;
    const [why] = await client.call('explain', { targets: [agent] });
    // What changed before the explanation was made was told before it.
    if (why !== undefined && now === wait) context.note(`agentvisor: the message waits, ${withLocalTimes(why.text)}`);
  };
  return async (work) => {
    const client = openClient(context.home);
    // This connection is for the notes alone: whatever is wrong with it, `work` has its own and reports it.
    const safely = (row: AgentRow): void => void look(client, row).catch(() => undefined);
    client
      .subscribe((notification) => {
        if (notification.method === 'agent') safely(notification.params);
      })
      .then(
        ({ agents }) => agents.forEach(safely),
        () => undefined,
      );
    try {
      return await work();
    } finally {
      client.close();
    }
  };
}
