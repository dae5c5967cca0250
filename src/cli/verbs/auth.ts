import type { Offline } from '../../home/offline.ts';
import type { AuthReport } from '../../protocol/auth-rows.ts';
import { checkCodeOf, worstOf } from '../../protocol/credential-verdict.ts';
import { ask, pickRows } from '../access.ts';
import { authText } from '../auth-tables.ts';
import { terminalOf } from '../../wording/terminal.ts';
import type { Context } from '../verb.ts';

export const usage = '[TARGET...] [--check]';
export const options = {
  check: { type: 'boolean', summary: 'let the exit code say how the worst credential is' },
} as const;
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = [
  'agentvisor auth                     all credentials, and what each agent uses',
  'agentvisor auth reviewer --json',
  'agentvisor auth --check             0 works, 1 dead, 10-13: see README',
];

/** What agents sign in with and how their credentials are, by files, processes and what was answered; nothing is run or asked. */
export async function run(context: Context): Promise<number> {
  const targets = context.args;
  const { value: report, exitCode } = await ask(
    context,
    (client) => client.call('auth', { targets }),
    (files) => reportFrom(context, files, targets),
  );
  if (context.json) context.answer(report);
  else context.say(authText(report, Date.now(), terminalOf(process.stdout, context.env)));
  return context.flag('check') ? checkCodeOf(worstIn(report)) || exitCode : exitCode;
}

/** What nobody uses does not count; who declares no credential counts for itself. */
const worstIn = ({ credentials, agents }: AuthReport): ReturnType<typeof worstOf> =>
  worstOf([
    ...credentials.filter((credential) => credential.agents.length > 0).map(({ verdict }) => verdict),
    ...agents.filter(({ credential }) => credential === null).map(({ verdict }) => verdict),
  ]);

async function reportFrom(
  context: Context,
  { fleet, agents, now }: Offline,
  targets: readonly string[],
): Promise<AuthReport> {
  const { authReport } = await import('../../box/auth-report.ts');
  const { givenEnvironment } = await import('../../home/given-environment.ts');
  const chosen = await pickRows(agents, targets);
  return authReport({
    fleet,
    home: context.home,
    names: targets.length === 0 ? null : new Set(chosen.map(({ name }) => name)),
    shell: context.env,
    // A variable of this shell need not be what agents were given.
    held: {},
    environmentOf: (agent) => givenEnvironment(agent, now.boot),
    now: now.wall,
  });
}
