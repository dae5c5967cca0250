import type { Context } from '../verb.ts';

export const usage = 'bash|zsh|fish';
export const options = {
  words: { type: 'boolean', summary: 'for the script: what may follow the words behind "--"' },
} as const;
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = [
  'source <(agentvisor completion bash)          in ~/.bashrc',
  'source <(agentvisor completion zsh)           in ~/.zshrc',
  'agentvisor completion fish | source           in ~/.config/fish/config.fish',
];

export async function run(context: Context): Promise<number> {
  if (context.flag('words')) return printWords(context);
  const { SCRIPTS } = await import('../completion/scripts.ts');
  const [shell = '', surplus] = context.args;
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell as keyof typeof SCRIPTS] : undefined;
  if (script === undefined || surplus !== undefined) throw await wrongShell(shell, Object.keys(SCRIPTS), surplus);
  if (context.json) context.answer({ shell, script });
  else await context.write(Buffer.from(`${script}\n`));
  return 0;
}

/** At a prompt: quick, and silent whatever is wrong. */
async function printWords(context: Context): Promise<number> {
  const { completions } = await import('../completion/words.ts');
  const words = await completions(context, context.args);
  if (context.json) context.answer(words);
  else if (words.length > 0) context.say(words.join('\n'));
  return 0;
}

async function wrongShell(shell: string, known: readonly string[], surplus: string | undefined): Promise<Error> {
  const { missingArgument, surplusArgument, usageError } = await import('../usage.ts');
  if (shell === '') return missingArgument('completion', 'a shell', usage);
  if (surplus !== undefined) return surplusArgument('completion', surplus, usage);
  const { closest } = await import('../../config/suggest.ts');
  const near = closest(shell, known);
  const nextStep = near === undefined ? `It can: ${known.join(', ')}` : `Did you mean: agentvisor completion ${near}`;
  return usageError(`completion knows no shell ${JSON.stringify(shell.slice(0, 60))}.`, nextStep);
}
