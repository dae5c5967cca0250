import { EXIT_CODES } from '../../protocol/errors.ts';
import type { Api } from '../../protocol/api.ts';
import { ask, pickRows } from '../access.ts';
import type { Answer } from '../access.ts';
import { patiently } from '../act.ts';
import { withClient } from '../../client/client.ts';
import type { Client } from '../../client/client.ts';
import { durationMs, oneOf } from '../values.ts';
import type { Context } from '../verb.ts';

const DEFAULT_TIMEOUT = '60s';

export const usage = 'TARGET... [--for healthy|up|down] [--timeout 60s]';
export const options = {
  for: {
    type: 'string',
    value: 'STATE',
    summary: 'healthy (answered; a command agent: up), up (default) or down',
  },
  timeout: {
    type: 'string',
    value: 'TIME',
    summary: `how long at most (default ${DEFAULT_TIMEOUT}); exit code 6 when it is over`,
  },
} as const;
export const takes = { min: 1, max: Infinity, what: 'a TARGET' };
export const examples = ['agentvisor wait all --for up', 'agentvisor wait reviewer --for healthy --timeout 5m'];

export async function run(context: Context): Promise<number> {
  const targets = context.args;
  const wanted = oneOf('--for', ['healthy', 'up', 'down'], context.option('for')) ?? 'up';
  const given = context.option('timeout');
  const timeoutMs = durationMs('--timeout', given ?? DEFAULT_TIMEOUT);
  const startedAt = performance.now();
  const use = (client: Client): Promise<Api['wait']['result']> => {
    // A daemon that came back in between is asked for the rest of the time only.
    const leftMs = Math.max(0, Math.round(timeoutMs - (performance.now() - startedAt)));
    return client.call('wait', { targets, for: wanted, timeoutMs: leftMs });
  };
  const { value, exitCode } = await patiently<Answer<Api['wait']['result'] | undefined>>(
    context,
    () => ask(context, use, async ({ agents }) => void (await pickRows(agents, targets))),
    async () => ({ value: await withClient(context.home, use), exitCode: 0 }),
  );
  if (value === undefined) {
    context.note('agentvisor: nothing is waited for without one; start it: agentvisor daemon restart');
    return exitCode;
  }
  if (context.json) context.answer(value);
  if (value.timedOut.length === 0) return 0;
  context.note(
    `agentvisor: not ${wanted} after ${given ?? DEFAULT_TIMEOUT}: ${value.timedOut.join(', ')}. See why: agentvisor describe ${value.timedOut[0]}`,
  );
  return EXIT_CODES['timed-out'];
}
