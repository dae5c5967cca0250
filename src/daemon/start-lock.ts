import { existsSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { readIfThere } from '../home/ndjson.ts';
import { daemonFile } from '../home/paths.ts';
import type { Identity } from '../home/process-identity.ts';
import { hasCode } from '../home/system-error.ts';

/** A lock whose holder died is taken over after this; the smallest that proper-lockfile allows. */
const STALE_MS = 2_000;
const TRIES_MAX = 200;
const PAUSE_MS = 50;

/**
 * Orders the daemons that start at the same moment. Everyone announces itself first, so that one that finds no other
 * living starter knows that a lock it meets was left by a dead one: after a `kill -9` at this very instant the next
 * daemon does not have to wait until the lock is old. When several are starting, its age decides.
 *
 * @returns the way to release it.
 */
export async function lockStart(home: string, identity: Identity): Promise<() => Promise<void>> {
  const own = `${starterPrefix(home)}${process.pid}`;
  writeFileSync(own, identity.startTimeOf(process.pid) ?? '', { mode: 0o600 });
  try {
    const unlock = await takeLock(home, identity);
    return async () => {
      await unlock();
      rmSync(own, { force: true });
    };
  } catch (error) {
    rmSync(own, { force: true });
    throw error;
  }
}

async function takeLock(home: string, identity: Identity): Promise<() => Promise<void>> {
  const path = `${daemonFile(home)}.lock`;
  for (let tries = 1; ; tries += 1) {
    // First the lock, then the look: its holder announced itself before it locked, so that a living one is seen; and a
    // lock that is made between the look and the removal is none that was there.
    if (existsSync(path) && !isAnyoneElseStarting(home, identity)) removeLock(path);
    try {
      return await lock(home, { stale: STALE_MS, lockfilePath: path });
    } catch (error) {
      if (!hasCode(error, 'ELOCKED') || tries >= TRIES_MAX) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

function isAnyoneElseStarting(home: string, identity: Identity): boolean {
  const prefix = basename(starterPrefix(home));
  const others = readdirSync(home).filter((name) => name.startsWith(prefix) && name !== `${prefix}${process.pid}`);
  const living = others.filter((name) => {
    const isLiving = isStarter(identity, Number(name.slice(prefix.length)), readIfThere(join(home, name)));
    if (!isLiving) rmSync(join(home, name), { force: true });
    return isLiving;
  });
  return living.length > 0;
}

/** Of one whose file is not written yet the pid alone must do. */
function isStarter(identity: Identity, pid: number, start: string | null): boolean {
  if (start === null) return false;
  return start === '' ? identity.startTimeOf(pid) !== null : identity.isAlive(pid, start);
}

function removeLock(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

const starterPrefix = (home: string): string => `${daemonFile(home)}.starter.`;
