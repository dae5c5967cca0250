import type { AgentResult } from '../../protocol/api.ts';
import type { AgentRow } from '../../protocol/rows.ts';
import { act } from '../act.ts';
import { printAgents } from '../agent-list.ts';
import type { Client } from '../../client/client.ts';
import { withProgress } from '../progress.ts';
import { exitCodeOf, noteFailure } from '../results.ts';
import { NO_ARGUMENTS, NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = '';
export const options = NO_OPTIONS;
export const takes = NO_ARGUMENTS;
export const examples = ['agentvisor resurrect', 'agentvisor resurrect --json'];

/** A daemon brings back by itself who is wanted up; who is not up yet is started now and waited for. */
export async function run(context: Context): Promise<number> {
  const { rows, results } = await act(context, [], (client) => bringBack(context, client));
  await printAgents(context, { rows, incidents: [], credentials: [] });
  for (const result of results.filter(({ ok }) => !ok)) noteFailure(context, result);
  return exitCodeOf(results);
}

type Back = { readonly rows: readonly AgentRow[]; readonly results: readonly AgentResult[] };

async function bringBack(context: Context, client: Client): Promise<Back> {
  const list = (): Promise<readonly AgentRow[]> => client.call('list', { targets: [] });
  const before = await list();
  const wanted = before.filter(isWanted);
  const targets = wanted.filter((row) => row.state !== 'running' && !hasItsTime(row)).map(({ name }) => name);
  const others = wanted.filter(({ name }) => !targets.includes(name)).map(resultOf);
  if (targets.length === 0) return { rows: before, results: others };
  const word = ({ name, state }: AgentRow): string | null => (targets.includes(name) ? state : null);
  const started = await withProgress(context, client, word, client.call('start', { targets }));
  return { rows: await list(), results: [...started, ...others] };
}

/** Who has ended by itself and stays down by its policy was not up, and a paused one is left as it is. */
const isWanted = ({ desired, paused, state }: AgentRow): boolean => desired === 'up' && !paused && state !== 'stopped';

/** One that is down in an incident is started by the incident's schedule: all at once would be a storm. */
const hasItsTime = ({ incident, state }: AgentRow): boolean =>
  incident !== null && (state === 'waiting' || state === 'errored' || state === 'stopping');

const resultOf = (row: AgentRow): AgentResult => ({
  name: row.name,
  ok: row.state === 'running',
  change: 'same',
  cause: null,
  detail: hasItsTime(row) ? `it waits for its time in ${row.incident}; see: agentvisor explain ${row.name}` : '',
});
