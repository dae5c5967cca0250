import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { parseStoredLogin } from '../claude/stored-login.ts';
import type { StoredLogin } from '../claude/stored-login.ts';
import { readPlain } from './plain-file.ts';
import { whyOpen } from './secret-file.ts';

/** What a config folder of Claude Code (`~/.claude`) holds of a sign-in. Read, never changed; neither token is kept. */
export type ConfigFolder = {
  readonly path: string;
  /** The one that Claude Code uses when nobody names another. */
  readonly isDefault: boolean;
  readonly loginFile: string;
  readonly login: StoredLogin;
  /** Why others can read the login, null when they cannot. */
  readonly open: string | null;
  readonly lockFile: string;
  /** How old the mark is that somebody renews the login, in ms; null when there is none. */
  readonly lockAgeMs: number | null;
};

export function readConfigFolder(path: string, isDefault: boolean, now: number): ConfigFolder {
  const loginFile = join(path, '.credentials.json');
  const lockFile = join(path, '.oauth_refresh.lock');
  const me = process.getuid?.();
  const file = readPlain(loginFile);
  const login: StoredLogin =
    file.is === 'unreadable'
      ? { is: 'unreadable', why: `it cannot be read (${file.code})` }
      : parseStoredLogin(file.is === 'read' ? file.text : null);
  const open = file.is === 'read' && me !== undefined && login.is !== 'absent' ? whyOpen(file, me) : null;
  return { path, isDefault, loginFile, login, open, lockFile, lockAgeMs: ageOf(lockFile, now) };
}

/** Its holder touches the lock as long as it works (the protocol of proper-lockfile). */
function ageOf(lock: string, now: number): number | null {
  try {
    const entry = lstatSync(lock, { throwIfNoEntry: false });
    return entry === undefined ? null : now - entry.mtimeMs;
  } catch {
    // The folder itself is not to be entered, which the login in it shows.
    return null;
  }
}
