import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fingerprint } from '../../config/credentials.ts';
import { createFile } from '../../home/durable.ts';
import { recordMint } from '../../home/mints.ts';
import { hasCode } from '../../home/system-error.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import type { Target } from './credential.ts';
import type { SignedIn } from './door-lines.ts';

export type MintedToken = {
  readonly target: Target;
  readonly secret: string;
  /** ISO 8601, UTC. */
  readonly mintedAt: string;
};

/**
 * Puts a token that was just made where its credential is read from, and records when it was made. A file that is not
 * there is written (0600, whole and on the disk); one that is there is not ours to overwrite.
 */
export async function handOver(home: string, minted: MintedToken): Promise<SignedIn> {
  const { target, secret, mintedAt } = minted;
  try {
    createFile(target.file, `${secret}\n`);
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw cannotWrite(target.file, cause);
    await replaceSecret(minted);
  }
  const signedIn = { credential: target.credential.name, fingerprint: fingerprint(secret), mintedAt };
  recordMint(home, signedIn);
  return signedIn;
}

/** Before anybody signs in: a token that cannot be kept is lost, and it may have ended the one before it. */
export function checkHandOver({ credential, file }: Target): void {
  if (existsSync(file)) throw isThere(credential.name, file);
  try {
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw cannotWrite(file, cause);
  }
}

/**
 * THE SEAM FOR `rotate`: what is to happen with a token whose file is there. Connected, it calls the daemon's method
 * `rotate` with the credential's name, the secret and `mintedAt`, and `checkHandOver` no longer refuses such a file.
 */
async function replaceSecret({ target }: MintedToken): Promise<void> {
  throw isThere(target.credential.name, target.file);
}

const isThere = (name: string, file: string): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `'${name}' has its token already: ${file} is there.`,
    `To replace it, move that file away and sign in again: agentvisor login ${name}`,
  );

const cannotWrite = (file: string, cause: unknown): AgentvisorError => {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new AgentvisorError('failed', `${file} cannot be written${code}.`, 'Make its folder writable for you.', cause);
};
