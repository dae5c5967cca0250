import { durationMs } from '../values.ts';
import type { Context } from '../verb.ts';

/** How long a person has to sign in unless `--timeout` says otherwise. */
const TIMEOUT_MS_USUAL = 10 * 60_000;

export const usage = '[CREDENTIAL] [--code CODE|-] [--file FILE] [--timeout DURATION]';
export const options = {
  code: {
    type: 'string',
    value: 'CODE|-',
    summary: 'hand a code to the login that waits elsewhere; - is stdin',
  },
  file: { type: 'string', value: 'FILE', summary: 'the ecosystem file that declares the credential' },
  timeout: { type: 'string', value: 'DURATION', summary: 'how long to wait for you (10m)' },
} as const;
export const takes = { min: 0, max: 1, what: '' };
export const examples = [
  'agentvisor login                      the only one that can be signed in to',
  'agentvisor login max                  shows an address, asks for the code',
  'agentvisor login max --file ./ecosystem.ts',
  'agentvisor login --code -             paste it in a second shell, then Ctrl-D',
];

export async function run(context: Context): Promise<number> {
  const code = context.option('code');
  if (code !== undefined) {
    const { giveCode } = await import('../login/give-code.ts');
    return giveCode(context, code);
  }
  const timeout = context.option('timeout');
  const timeoutMs = timeout === undefined ? TIMEOUT_MS_USUAL : durationMs('--timeout', timeout);
  const { login } = await import('../login/login.ts');
  return login(context, timeoutMs);
}
