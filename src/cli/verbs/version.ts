import { PROTOCOL } from '../../protocol/api.ts';
import { VERSION } from '../../protocol/version.ts';
import { NO_ARGUMENTS, NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = '';
export const options = NO_OPTIONS;
export const takes = NO_ARGUMENTS;
export const examples = ['agentvisor version', 'agentvisor --version'];

export function run(context: Context): Promise<number> {
  if (context.json) context.answer({ version: VERSION, protocol: PROTOCOL, node: process.version });
  else context.say(VERSION);
  return Promise.resolve(0);
}
