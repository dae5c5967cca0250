import type { AgentRow } from '../protocol/rows.ts';
import type { Client } from '../client/client.ts';
import type { Context } from './verb.ts';

/** What is done sooner needs no word. */
const PATIENCE_MS = 1_000;

/**
 * While `work` lasts longer than a second, tells people on stderr how far each agent is: `wordOf` says it, null when the
 * agent is not concerned.
 */
export async function withProgress<T>(
  context: Context,
  client: Client,
  wordOf: (row: AgentRow) => string | null,
  work: Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => follow(context, client, wordOf), PATIENCE_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

function follow(context: Context, client: Client, wordOf: (row: AgentRow) => string | null): void {
  const told = new Map<string, string>();
  const tell = (row: AgentRow): void => {
    const word = wordOf(row);
    if (word === null || told.get(row.name) === word) return;
    told.set(row.name, word);
    context.note(`agentvisor: ${row.name} is ${word}`);
  };
  client
    .subscribe((notification) => {
      if (notification.method === 'agent') tell(notification.params);
    })
    // Only the progress is lost: whatever is wrong with the connection, `work` reports it.
    .then(
      ({ agents }) => agents.forEach(tell),
      () => undefined,
    );
}
