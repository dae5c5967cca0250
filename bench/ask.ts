import { randomUUID } from 'node:crypto';
import type { Client } from '../src/client/client.ts';

/** Sends the agent of a measure a message; settles when it is answered. @throws when it is not */
export async function ask(client: Client, text: string): Promise<void> {
  // The end of a message's id counts its deliveries.
  const id = `${randomUUID().slice(0, -4)}0000`;
  await client.call('send', { agent: 'agent', text, id });
  const outcome = await client.call('outcome', { agent: 'agent', id });
  if (outcome.state !== 'answered') throw new Error(`the message was not answered: ${JSON.stringify(outcome)}`);
}
