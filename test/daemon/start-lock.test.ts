import { existsSync, mkdirSync, readdirSync, rmdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockStart } from '../../src/daemon/start-lock.ts';
import { identity } from '../../src/home/process-identity.ts';
import { temporaryFolder } from '../cli/folder.ts';

/** The lock of another starter; dated so far ahead that it never becomes old enough to be taken over for its age. */
function lockedHome(starter: { pid: number; start: string }): { home: string; lock: string } {
  const home = temporaryFolder();
  const lock = join(home, 'daemon.json.lock');
  writeFileSync(join(home, `daemon.json.starter.${starter.pid}`), starter.start);
  mkdirSync(lock);
  utimesSync(lock, new Date(), new Date(Date.now() + 3_600_000));
  return { home, lock };
}

test('the lock of a starter that was killed is taken at once, and nothing is left of it', async () => {
  const { home } = lockedHome({ pid: process.ppid, start: 'of another process that had this pid' });
  const release = await lockStart(home, identity);
  await release();
  expect(readdirSync(home)).toEqual([]);
});

test('the lock of a living starter is waited for', async () => {
  const { home, lock } = lockedHome({ pid: process.ppid, start: identity.startTimeOf(process.ppid) ?? '' });
  const taking = lockStart(home, identity);
  expect(existsSync(lock)).toBe(true);
  rmdirSync(lock);
  const release = await taking;
  expect(existsSync(lock)).toBe(true);
  await release();
  expect(existsSync(lock)).toBe(false);
});
