import { basename } from 'node:path';
import { VARIABLE_PATTERN } from '../../config/environment.ts';
import { closest } from '../../config/suggest.ts';
import { checkNames } from '../../protocol/names.ts';
import type { Environment } from '../../home/paths.ts';
import { usageError } from '../usage.ts';

export type CredentialChoice = { readonly env: string } | { readonly file: string } | 'login';

/** All that a first ecosystem file is made of. */
export type Answers = {
  readonly name: string;
  readonly cwd: string;
  /** Null leaves the choice to `claude`. */
  readonly model: string | null;
  readonly credential: CredentialChoice;
};

const TOKEN_VARIABLE = 'CLAUDE_CODE_OAUTH_TOKEN';
const KINDS = ['env', 'file', 'login'];
const NAME_CHARACTERS_MAX = 64;

/** Each throws a usage error that says what is expected. */
export const READ = {
  name: (value: string): string => {
    checkNames([{ name: value }]);
    return value;
  },
  cwd: (value: string): string => filled('--cwd', 'a folder', value),
  model: (value: string): string => filled('--model', 'the name of a model', value),
  credential: readCredential,
} as const;

function readCredential(value: string): CredentialChoice {
  if (value === 'login') return value;
  const [kind, rest] = split(value);
  if (kind === 'env' && VARIABLE_PATTERN.test(rest)) return { env: rest };
  if (kind === 'file' && rest !== '' && !rest.includes('\0')) return { file: rest };
  // What was typed is not repeated: it may be the secret itself.
  const near = closest(kind, KINDS);
  throw usageError(
    '--credential expects env:VARIABLE, file:PATH or login, and never the secret itself.',
    near === undefined || near === kind ? '' : `Did you mean: ${near === 'login' ? near : `${near}:…`}`,
  );
}

/** At the first colon. */
function split(value: string): readonly [string, string] {
  const at = value.indexOf(':');
  return at === -1 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)];
}

function filled(option: string, expected: string, value: string): string {
  if (value.trim() === '' || value.includes('\0')) throw usageError(`${option} expects ${expected}.`, '');
  return value;
}

/** The folder's name as far as an agent may be called so. */
export function usualName(folder: string): string {
  const name = basename(folder)
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, NAME_CHARACTERS_MAX);
  try {
    return READ.name(name);
  } catch {
    // Nothing is left of it, or it stands for something else.
    return 'agent';
  }
}

/** A token that this shell has was meant for it; an API key costs money and is never taken unasked. */
export const usualCredential = (env: Environment): string =>
  (env[TOKEN_VARIABLE] ?? '') === '' ? 'login' : `env:${TOKEN_VARIABLE}`;
