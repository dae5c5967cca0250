import { randomUUID } from 'node:crypto';
import type { Client } from '../client/client.ts';
import type { AgentResult } from '../protocol/api.ts';
import type { Action } from './action.ts';
import { cleaned } from './clean.ts';
import type { Message } from './model.ts';

/** Does what a person asked for, as the verbs of the command line do. Throws what the daemon refuses. */
export async function act(client: Client, action: Action): Promise<Message> {
  if (action.verb === 'send') {
    const [agent] = action.targets;
    // The last four digits number the deliveries of a message, so its own id ends in 0000.
    const id = `${randomUUID().slice(0, -4)}0000`;
    return { type: 'sent', action, id: (await client.call('send', { agent, text: action.text, id })).id };
  }
  return { type: 'acted', action, results: cleaned(await results(client, action)) };
}

function results(client: Client, action: Exclude<Action, { verb: 'send' }>): Promise<readonly AgentResult[]> {
  const { targets } = action;
  switch (action.verb) {
    case 'restart':
      return client.call('restart', { targets, how: action.how, reason: null });
    case 'pause':
    case 'resume':
      return client.call('pause', { targets, paused: action.verb === 'pause' });
    case 'start':
    case 'stop':
    case 'reset':
    case 'delete':
      return client.call(action.verb, { targets });
  }
}
