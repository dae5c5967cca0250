import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CREDENTIAL_VARIABLES, type CredentialSpec } from '../kernel/spec.ts';

const FINGERPRINT_CHARACTERS = 8;

/**
 * The variables that give `credential` to an agent. `CLAUDE_CONFIG_DIR` is not set for the default folder: on macOS
 * even naming the default makes Claude Code look for the login under another name.
 */
export function credentialEnvironment(
  credential: CredentialSpec,
  secret: string | null,
  home: string,
): Readonly<Record<string, string>> {
  const variable = CREDENTIAL_VARIABLES[credential.type];
  if (variable !== null) return secret === null ? {} : { [variable]: secret };
  const { configDir } = credential;
  return configDir === null || configDir === defaultConfigDir(home) ? {} : { CLAUDE_CONFIG_DIR: configDir };
}

export function defaultConfigDir(home: string): string {
  return join(home, '.claude');
}

/** Tells two secrets apart without keeping either: the first 8 hex digits of SHA-256. */
export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex').slice(0, FINGERPRINT_CHARACTERS);
}
