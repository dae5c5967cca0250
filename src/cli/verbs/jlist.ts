import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';
import { run as list } from './list.ts';

export const usage = '[TARGET...]';
export const options = NO_OPTIONS;
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = ['agentvisor jlist | jq -r ".[].name"', 'agentvisor jlist "rev*"'];

export const run = (context: Context): Promise<number> => list({ ...context, json: true });
