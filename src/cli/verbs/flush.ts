import type { Flushed } from '../../protocol/api.ts';
import { notRunning } from '../../protocol/errors.ts';
import { isNotRunning, pickRows, readFiles } from '../access.ts';
import { count } from '../../wording/count.ts';
import { withClient } from '../../client/client.ts';
import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = '[TARGET...]';
export const options = NO_OPTIONS;
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = [
  'agentvisor flush                    of all agents',
  'agentvisor flush reviewer "night-*" --json',
];

/** Only the daemon knows for certain which run is the live one. None is started for it: that would start agents, too. */
export async function run(context: Context): Promise<number> {
  const targets = context.args;
  const flushed = await withClient(context.home, (client) => client.call('flush', { targets })).catch(
    async (error: unknown) => {
      if (isNotRunning(error)) await pickRows((await readFiles(context.home)).agents, targets);
      throw isNotRunning(error) ? notRunning() : error;
    },
  );
  if (context.json) context.answer(flushed);
  else for (const one of flushed) context.say(lineOf(one));
  if (flushed.length === 0) context.note('agentvisor: there are no agents');
  return 0;
}

const lineOf = ({ name, runs, bytes }: Flushed): string =>
  runs === 0
    ? `${name}: no ended runs`
    : `${name}: logs of ${count(runs, 'ended run')} removed, ${sizeOf(bytes)} freed`;

/** As ecosystem files and pm2 count: a KB is 1024 bytes. */
function sizeOf(bytes: number): string {
  if (bytes < 1024) return count(bytes, 'byte');
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
