import type { Context } from '../verb.ts';
import { hasScreen, snapshot, watch } from '../watch.ts';

export const usage = '[--readonly]';
export const options = {
  readonly: { type: 'boolean', summary: 'look only: no key changes anything' },
} as const;
export const takes = { min: 0, max: 0, what: '' };
export const examples = [
  'agentvisor monit                    ? shows the keys',
  'agentvisor monit --readonly         for a screen on the wall',
  'agentvisor monit | cat              the same once, as text',
  'agentvisor monit --json | jq .agents',
];

export async function run(context: Context): Promise<number> {
  return hasScreen(context) ? watch(context, context.flag('readonly')) : snapshot(context);
}
