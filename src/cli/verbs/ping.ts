import { withClient } from '../../client/client.ts';
import { ageOf } from '../../wording/ages.ts';
import { NO_ARGUMENTS, NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = '';
export const options = NO_OPTIONS;
export const takes = NO_ARGUMENTS;
export const examples = ['agentvisor ping', 'agentvisor ping --json'];

export async function run(context: Context): Promise<number> {
  const answer = await withClient(context.home, (client) => client.call('ping', {}));
  if (context.json) context.answer(answer);
  else context.say(`pong from pid ${answer.pid}, up for ${ageOf(answer.uptimeMs)}`);
  return 0;
}
