import { EXIT_CODES } from '../../protocol/errors.ts';
import type { Saved } from '../../protocol/api.ts';
import { ask } from '../access.ts';
import { count } from '../../wording/count.ts';
import { terminalOf } from '../../wording/terminal.ts';
import { NO_ARGUMENTS, NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';
import { wrapLines } from '../../wording/wrap.ts';

export const usage = '';
export const options = NO_OPTIONS;
export const takes = NO_ARGUMENTS;
export const examples = ['agentvisor save', 'agentvisor save --json'];

/** Nothing needs it: every change is on the disk before it is answered. */
export async function run(context: Context): Promise<number> {
  const { value, exitCode } = await ask<Saved>(
    context,
    (client) => client.call('save', {}),
    ({ agents }) => ({ agents: agents.length, degraded: [] }),
  );
  if (context.json) context.answer(value);
  for (const refused of value.degraded) context.note(`agentvisor: the disk refuses ${refused}`);
  if (value.degraded.length > 0) return EXIT_CODES.failed;
  if (!context.json)
    context.say(
      wrapLines(
        `save and resurrect exist for pm2 hands; state is always saved: ${count(value.agents, 'agent')} kept`,
        terminalOf(process.stdout, context.env).width,
        2,
      ),
    );
  return exitCode;
}
