import { existsSync, lstatSync, writeFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { CONFIG_EXTENSIONS, loadEcosystem } from '../../config/load.ts';
import type { Environment } from '../../home/paths.ts';
import type { CredentialSpec } from '../../kernel/spec.ts';
import { AgentvisorError, EXIT_CODES } from '../../protocol/errors.ts';
import { notes } from '../ecosystem-file.ts';
import { READ, usualCredential, usualName } from '../init/answers.ts';
import type { Answers } from '../init/answers.ts';
import { claudeLine } from '../init/claude.ts';
import { ecosystemText } from '../init/text.ts';
import { usageError } from '../usage.ts';
import type { Context } from '../verb.ts';

export const usage = '[FILE] [--name NAME] [--cwd DIR] [--model MODEL] [--credential WHERE] [--force] [--yes]';
export const options = {
  name: { type: 'string', value: 'NAME', summary: 'of the agent (usually that of the folder)' },
  cwd: { type: 'string', value: 'DIR', summary: 'the folder that it works in (usually this one)' },
  model: { type: 'string', value: 'MODEL', summary: 'usually claude chooses' },
  credential: { type: 'string', value: 'WHERE', summary: 'env:VARIABLE, file:PATH or login; never the secret itself' },
  force: { type: 'boolean', summary: 'overwrite a file that is there' },
  yes: { type: 'boolean', short: 'y', summary: 'ask nothing: what no option says is as usual' },
} as const;
export const takes = { min: 0, max: 1, what: '' };
export const examples = [
  'agentvisor init                     asks, and writes ecosystem.ts',
  'agentvisor init --yes',
  'agentvisor init --name ada --credential file:./token',
];

export async function run(context: Context): Promise<number> {
  const file = resolve(context.cwd, context.args[0] ?? 'ecosystem.ts');
  checkFile(file, context.flag('force'));
  const answers = await answersOf(context, file);
  write(file, ecosystemText(answers, file, context.cwd), context.flag('force'));
  const loaded = await loadEcosystem(file);
  if (!loaded.ok) {
    notes(context, file, '', loaded.problems);
    return EXIT_CODES.failed;
  }
  notes(context, file, 'warning: ', loaded.warnings);
  if (context.json) {
    context.answer({ file, agents: loaded.ecosystem.agents.map(({ name }) => name) });
    return 0;
  }
  context.say(`${file} written`);
  for (const { from } of loaded.ecosystem.credentials) {
    const missing = missingSecret(from, context.env);
    if (missing !== null) context.note(`agentvisor: ${missing}`);
  }
  context.note(`agentvisor: next: agentvisor start ${context.args[0] ?? ''}`.trimEnd());
  return 0;
}

/** What the file names and this machine does not have yet; null when nothing is missing. */
function missingSecret(from: CredentialSpec['from'], env: Environment): string | null {
  if (from === null || 'command' in from) return null;
  if ('file' in from)
    return existsSync(from.file) ? null : `first put the token into ${from.file}, which is not there yet`;
  return (env[from.env] ?? '') === '' ? `first export ${from.env}, which is not set here` : null;
}

/** Before anybody is asked anything. */
function checkFile(file: string, force: boolean): void {
  if (!CONFIG_EXTENSIONS.includes(extname(file)))
    throw usageError(
      `${file} is no ecosystem file by its name.`,
      `Let it end in ${CONFIG_EXTENSIONS.join(' ')}: agentvisor init ecosystem.ts`,
    );
  const entry = lstatSync(file, { throwIfNoEntry: false });
  if (entry !== undefined && !(force && entry.isFile())) throw isThere(file);
}

async function answersOf(context: Context, file: string): Promise<Answers> {
  const read = <Key extends keyof typeof READ>(key: Key): ReturnType<(typeof READ)[Key]> | undefined => {
    const value = context.option(key);
    return value === undefined ? undefined : (READ[key](value) as ReturnType<(typeof READ)[Key]>);
  };
  const given = { name: read('name'), cwd: read('cwd'), model: read('model'), credential: read('credential') };
  const asks = !context.flag('yes');
  const missing = (['name', 'credential'] as const).filter((key) => given[key] === undefined);
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
  if (asks && !isTerminal && missing.length > 0) throw unanswered(missing);
  context.note(`agentvisor: ${await claudeLine(context.env)}`);
  const name = usualName(dirname(file));
  if (asks && isTerminal) {
    const { askFor } = await import('../init/questions.ts');
    return askFor(context, given, name);
  }
  return {
    name: given.name ?? name,
    cwd: given.cwd ?? '.',
    model: given.model ?? null,
    credential: given.credential ?? READ.credential(usualCredential(context.env)),
  };
}

function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    // Somebody else has made it meanwhile.
    if (code === 'EEXIST') throw isThere(file);
    const nextStep = code === 'ENOENT' ? `Make its folder: mkdir -p ${dirname(file)}` : 'Name another file.';
    throw new AgentvisorError('failed', `${file} cannot be written (${code}).`, nextStep, cause);
  }
}

const isThere = (file: string): AgentvisorError =>
  new AgentvisorError('refused', `${file} is there already.`, 'Overwrite a file with --force, or name another.');

const unanswered = (missing: readonly string[]): Error =>
  usageError(
    `init cannot ask here (no terminal), so it needs ${missing.map((key) => `--${key}`).join(' and ')}.`,
    'Or take what is usual: agentvisor init --yes',
  );
