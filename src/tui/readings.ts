import type { Client } from '../client/client.ts';
import type { IncidentRow } from '../protocol/rows.ts';
import { EVENTS_KEPT_MAX } from './latest.ts';
import { cleaned } from './clean.ts';
import type { Message } from './model.ts';

/** What a view needs beside the fleet. The daemon is asked; without one the files are. */

export async function readAgent(client: Client | null, home: string, name: string): Promise<Message> {
  if (client === null) {
    const { readHistory } = await import('../home/records.ts');
    return { type: 'agent-read', name, description: null, history: cleaned(readHistory(home, name)) };
  }
  const [descriptions, history] = await Promise.all([
    client.call('describe', { targets: [name] }),
    client.call('history', { agent: name }),
  ]);
  return cleaned({ type: 'agent-read', name, description: descriptions[0] ?? null, history });
}

export async function readAllIncidents(client: Client | null, home: string): Promise<Message> {
  const all = client === null ? await fromFile(home) : await client.call('incidents', { open: false });
  return cleaned({ type: 'incidents-read', all });
}

/** The last ones of all agents, oldest first. */
export async function readEvents(client: Client | null, home: string): Promise<Message> {
  if (client !== null)
    return cleaned({ type: 'events-read', events: await client.call('events', { lines: EVENTS_KEPT_MAX }) });
  const { readHistory } = await import('../home/records.ts');
  return cleaned({ type: 'events-read', events: readHistory(home).slice(-EVENTS_KEPT_MAX) });
}

async function fromFile(home: string): Promise<readonly IncidentRow[]> {
  const { readIncidents } = await import('../home/records.ts');
  return readIncidents(home);
}
