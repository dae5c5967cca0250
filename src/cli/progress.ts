import type { AgentRow } from '../protocol/rows.ts';
import type { Client } from './client.ts';
import type { Context } from './verb.ts';

/** What is done sooner needs no word. */
const PATIENCE_MS = 1_000;

/** While `work` lasts longer than a second, tells people on stderr how far each agent is. */
export async function withProgress<T>(
  context: Context,
  client: Client,
  concerned: (row: AgentRow) => boolean,
  work: Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => follow(context, client, concerned), PATIENCE_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

function follow(context: Context, client: Client, concerned: (row: AgentRow) => boolean): void {
  const told = new Map<string, string>();
  const tell = (row: AgentRow): void => {
    if (!concerned(row) || told.get(row.name) === row.state) return;
    told.set(row.name, row.state);
    context.note(`agentvisor: ${row.name} is ${row.state}`);
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
