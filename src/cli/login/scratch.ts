import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../../home/system-error.ts';

const PREFIX = 'agentvisor-login-';
/** How many abandoned folders one sign-in looks at. */
const ABANDONED_MAX = 100;

/** A folder for one sign-in, 0700, which it may hold a login in. Its name tells whose it is. */
export function makeScratch(): string {
  removeAbandoned();
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

export const removeScratch = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });

/** What a sign-in that was killed by SIGKILL could not remove. */
function removeAbandoned(): void {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  for (const name of folders.slice(0, ABANDONED_MAX)) {
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    if (Number.isSafeInteger(pid) && pid > 0 && !isAlive(pid)) removeQuietly(join(tmpdir(), name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

function removeQuietly(folder: string): void {
  try {
    removeScratch(folder);
  } catch {
    // Another user's: the system keeps it from us, and it is theirs to remove.
  }
}
