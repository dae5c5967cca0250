import { CONFIG_EXTENSIONS } from '../../config/load.ts';
import type { AgentResult } from '../../protocol/api.ts';
import { EXIT_CODES } from '../../protocol/errors.ts';
import { act } from '../act.ts';
import { applyEcosystem, loadOrTell } from '../apply-file.ts';
import { reportResults } from '../results.ts';
import { usageError } from '../usage.ts';
import type { Context } from '../verb.ts';

export const usage = '[FILE | TARGET...] [--attach]';
export const options = {
  attach: { type: 'boolean', summary: 'then watch them in the terminal UI' },
} as const;
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = [
  'agentvisor start                    the ecosystem file of this folder',
  'agentvisor start ./ecosystem.ts',
  'agentvisor start reviewer "night-*"',
  'agentvisor start --attach           start, then watch',
];

export async function run(context: Context): Promise<number> {
  const files = context.args.filter(isFile);
  if (files.length === 0 && context.args.length > 0) return startTargets(context);
  if (files.length < context.args.length) throw mixed();
  if (files.length > 1) throw several();
  return startFile(context, files[0]);
}

async function startTargets(context: Context): Promise<number> {
  const targets = context.args;
  return finish(context, await act(context, targets, (client) => client.call('start', { targets })));
}

async function startFile(context: Context, named: string | undefined): Promise<number> {
  const ecosystem = await loadOrTell(context, named);
  if (ecosystem === undefined) return EXIT_CODES.usage;
  return finish(context, await applyEcosystem(context, ecosystem, false));
}

/** There is something to watch only when all of it could be started. */
async function finish(context: Context, results: readonly AgentResult[]): Promise<number> {
  const exitCode = reportResults(context, results);
  if (!context.flag('attach') || exitCode !== 0 || results.length === 0) return exitCode;
  const { attach } = await import('../attach.ts');
  return attach(
    context,
    results.map(({ name }) => name),
  );
}

const isFile = (argument: string): boolean =>
  argument.includes('/') || CONFIG_EXTENSIONS.some((extension) => argument.endsWith(extension));

const mixed = (): Error => usageError('A file and targets cannot be started together.', 'Start one, then the others.');
const several = (): Error => usageError('Only one file can be started at a time.', 'Start them one after the other.');
