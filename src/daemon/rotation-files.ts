import { constants, renameSync, rmSync } from 'node:fs';
import { chmod, chown, copyFile, link, lstat, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reach } from '#failpoint';
import { readPlain } from '../box/plain-file.ts';
import { fingerprint } from '../config/credentials.ts';
import type { Command } from '../kernel/commands.ts';
import { hasCode } from '../home/system-error.ts';
import { syncFolder, writeWhole } from '../home/durable.ts';

/**
 * The three files of a rotation, beside each other in the operator's folder. What they hold decides after a crash, so each
 * act is one rename or one unlink, and doing it twice does no harm.
 */

export type RotateAct = Extract<Command, { type: 'rotate-files' }>['act'];

/** What the files hold: fingerprints, null for no file. */
export type RotationFiles = {
  readonly next: string | null;
  readonly current: string | null;
  readonly previous: string | null;
};

/** Larger than any secret. */
const SECRET_BYTES_MAX = 64 * 1024;

export const nextFile = (source: string): string => `${source}.next`;
export const previousSecretFile = (source: string): string => `${source}.prev`;

/** @throws when a file is there and cannot be read. */
export function lookAtFiles(source: string): RotationFiles {
  return {
    next: fingerprintOf(nextFile(source)),
    current: fingerprintOf(source),
    previous: fingerprintOf(previousSecretFile(source)),
  };
}

/**
 * Does one step.
 * @param secret what is staged; needed for that alone
 * @throws when the disk refuses
 */
export async function workOnFiles(act: RotateAct, source: string, secret: string | null): Promise<void> {
  const next = nextFile(source);
  switch (act) {
    case 'stage':
      if (secret === null) return;
      writeSecret(next, `${secret}\n`);
      await keepOwner(source, next);
      break;
    case 'promote':
      await keepPrevious(source, next);
      reach('rotation:kept', source);
      await rename(next, source);
      break;
    case 'settle':
      await rm(previousSecretFile(source), { force: true });
      break;
    case 'unstage':
      await removeHalfStaged(source);
      await rm(next, { force: true });
  }
  syncFolder(dirname(source));
}

/** What a daemon that died in the midst of staging has left: half a secret that nobody will use. */
export async function removeHalfStaged(source: string): Promise<void> {
  await rm(halfOf(nextFile(source)), { force: true });
}

/** What stands in its place later belongs to whom the old one belonged to; to others than that it stays closed. */
async function keepOwner(source: string, next: string): Promise<void> {
  await chmod(next, 0o600);
  const owner = await lstat(source).catch(() => null);
  const isOthers = owner !== null && process.getuid?.() === 0 && owner.uid !== 0;
  if (isOthers) await chown(next, owner.uid, owner.gid);
}

/** Only while there is something to promote: after a crash behind the rename the old secret is kept already. */
async function keepPrevious(source: string, next: string): Promise<void> {
  await lstat(next);
  const previous = previousSecretFile(source);
  await rm(previous, { force: true });
  try {
    await link(source, previous);
  } catch (error) {
    // There was no secret before.
    if (hasCode(error, 'ENOENT')) return;
    // Not every file system has hard links.
    await copyFile(source, previous, constants.COPYFILE_EXCL);
    await chmod(previous, 0o600);
  }
}

/** A private file that nobody has put there before, whole when it is there at all; what fails leaves nothing of it. */
function writeSecret(path: string, text: string): void {
  const half = halfOf(path);
  try {
    writeWhole(half, text);
    reach('rotation:half-staged', path);
    renameSync(half, path);
  } catch (error) {
    rmSync(half, { force: true });
    throw error;
  }
}

const halfOf = (path: string): string => `${path}.tmp`;

/** @throws when it is there and no plain file that can be read, or larger than any secret */
function fingerprintOf(path: string): string | null {
  const file = readPlain(path, SECRET_BYTES_MAX);
  switch (file.is) {
    case 'absent':
      return null;
    case 'unreadable':
      throw new Error(`${path} cannot be read (${file.code})`);
    case 'read': {
      const secret = file.text.trim();
      return secret === '' ? null : fingerprint(secret);
    }
  }
}
