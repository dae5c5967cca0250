import { constants } from 'node:fs';
import { chmod, chown, copyFile, link, lstat, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fingerprint } from '../config/credentials.ts';
import type { Command } from '../kernel/commands.ts';
import { hasCode } from '../home/system-error.ts';
import { replaceFile, syncFolder } from '../home/durable.ts';

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

export const nextFile = (source: string): string => `${source}.next`;
export const previousSecretFile = (source: string): string => `${source}.prev`;

/** @throws when a file is there and cannot be read. */
export async function lookAtFiles(source: string): Promise<RotationFiles> {
  const [next, current, previous] = await Promise.all(
    [nextFile(source), source, previousSecretFile(source)].map(fingerprintOf),
  );
  return { next: next ?? null, current: current ?? null, previous: previous ?? null };
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
      replaceFile(next, `${secret}\n`);
      await keepOwner(source, next);
      break;
    case 'promote':
      await keepPrevious(source, next);
      await rename(next, source);
      break;
    case 'settle':
      await rm(previousSecretFile(source), { force: true });
      break;
    case 'unstage':
      await rm(next, { force: true });
      await removeHalfStaged(source);
  }
  syncFolder(dirname(source));
}

/** What a daemon that died in the midst of staging has left: half a secret that nobody will use. */
export async function removeHalfStaged(source: string): Promise<void> {
  await rm(`${nextFile(source)}.tmp`, { force: true });
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

async function fingerprintOf(path: string): Promise<string | null> {
  try {
    const secret = (await readFile(path, 'utf8')).trim();
    return secret === '' ? null : fingerprint(secret);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
