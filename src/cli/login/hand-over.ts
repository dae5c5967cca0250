import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { fingerprint } from '../../config/credentials.ts';
import { createFile, replaceFile } from '../../home/durable.ts';
import { recordMint } from '../../home/mints.ts';
import { hasCode } from '../../home/system-error.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { beginRotation } from '../rotate/rotation.ts';
import type { Context } from '../verb.ts';
import type { Target } from './credential.ts';
import type { SignedIn } from './door-lines.ts';

export type MintedToken = {
  readonly target: Target;
  readonly secret: string;
  /** ISO 8601, UTC. */
  readonly mintedAt: string;
};

/** What became of a new token: it is in its place already, or a rotation has begun that brings it there. */
export type HandedOver = { readonly signedIn: SignedIn; readonly isRotating: boolean };

/**
 * Puts a token that was just made where its credential is read from, and records when it was made. A file that is not
 * there is written (0600, whole and on the disk); one that is there is replaced as `rotate` does it.
 */
export async function handOver(context: Context, minted: MintedToken): Promise<HandedOver> {
  const { target, secret, mintedAt } = minted;
  const credential = target.credential.name;
  const signedIn = { credential, fingerprint: fingerprint(secret), mintedAt };
  // Of this very token: should a rotation be undone, it says nothing about the one that stays.
  recordMint(context.home, signedIn);
  try {
    createFile(target.file, `${secret}\n`);
    return { signedIn, isRotating: false };
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw cannotWrite(target.file, cause);
  }
  try {
    await beginRotation(context, credential, secret);
  } catch (cause) {
    throw keepBeside(target.file, minted, cause);
  }
  return { signedIn, isRotating: true };
}

/** A token that was just made and cannot take its place is not thrown away: it may have ended the one before it. */
function keepBeside(file: string, { target, secret }: MintedToken, cause: unknown): AgentvisorError {
  const beside = `${file}.new`;
  replaceFile(beside, `${secret}\n`);
  const why = cause instanceof AgentvisorError ? cause.message : String(cause);
  return new AgentvisorError(
    'failed',
    `The new token could not take its place: ${why} It is kept in ${beside}.`,
    `When that is mended: agentvisor rotate ${target.credential.name} --from ${beside}, and remove ${beside}.`,
    cause,
  );
}

/** Before anybody signs in: a token that cannot be kept is lost, and it may have ended the one before it. */
export function checkHandOver({ file }: Target): void {
  try {
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw cannotWrite(file, cause);
  }
}

const cannotWrite = (file: string, cause: unknown): AgentvisorError => {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new AgentvisorError('failed', `${file} cannot be written${code}.`, 'Make its folder writable for you.', cause);
};
