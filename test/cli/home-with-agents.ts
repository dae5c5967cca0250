import { fakeDaemon } from './fake-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { agentRow } from './rows.ts';

const AGENTS = [
  agentRow(),
  agentRow({ name: 'reporter', namespace: 'night' }),
  agentRow({ name: 'triage', namespace: 'day' }),
];

/** A home whose daemon has a reviewer, a reporter and a triage, each in a namespace of its own. */
export async function homeWithAgents(): Promise<string> {
  const home = temporaryFolder();
  await fakeDaemon(home, (method) => (method === 'list' ? AGENTS : undefined));
  return home;
}
