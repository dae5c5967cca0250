import { existsSync, renameSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { writeWhole } from '../home/durable.ts';
import { readOwner, UNIT_VARIABLE, type Owner } from '../home/owner.ts';
import { daemonFile, restMark, socketPath } from '../home/paths.ts';
import { prepareSocketFolder } from '../home/permission.ts';
import { answers, listenPrivately } from '../home/private-socket.ts';
import { PROTOCOL } from '../protocol/api.ts';
import { VERSION } from '../protocol/version.ts';
import type { Identity } from '../home/process-identity.ts';
import { lockStart } from './start-lock.ts';

/**
 * Makes this process the owner of the home: bound to its socket, named in `daemon.json`. The lock only orders those who
 * start at the same moment; who owns is told by pid, start time and boot, which a stopped process keeps and a dead one
 * does not.
 *
 * @returns false when a living owner is there already, or when no daemon is wanted; nothing was changed then.
 */
export async function takeHome(home: string, identity: Identity, server: Server): Promise<boolean> {
  const release = await lockStart(home, identity);
  try {
    const socket = socketPath(home);
    // Somebody may be bound who has not written its name yet, or whose file was removed.
    if (isOwned(readOwner(home), identity) || (await answers(socket))) return false;
    // It was launched beside another one, and that was ended before this one came so far.
    if (existsSync(restMark(home))) return false;
    const unit = process.env[UNIT_VARIABLE];
    prepareSocketFolder(socket, home);
    rmSync(socket, { force: true });
    await listenPrivately(server, socket);
    writeOwner(home, {
      pid: process.pid,
      start: identity.startTimeOf(process.pid) ?? '',
      boot: identity.bootId(),
      version: VERSION,
      protocol: PROTOCOL,
      socket,
      ...(unit === undefined || unit === '' ? {} : { unit }),
    });
    return true;
  } finally {
    await release();
  }
}

/**
 * Called by the owner at its end. The name goes last: from then on the socket may be another daemon's. What the disk does not let
 * go is left there: who comes next sees that nobody lives behind it.
 */
export function leaveHome(home: string, complain: (what: string, error: unknown) => void): void {
  for (const file of [socketPath(home), daemonFile(home)]) {
    try {
      rmSync(file, { force: true });
    } catch (error) {
      complain('home', error);
    }
  }
}

function isOwned(owner: Owner | null, identity: Identity): boolean {
  return owner !== null && owner.boot === identity.bootId() && identity.isAlive(owner.pid, owner.start);
}

function writeOwner(home: string, owner: Owner): void {
  const path = daemonFile(home);
  const tmp = `${path}.tmp`;
  writeWhole(tmp, `${JSON.stringify(owner)}\n`);
  renameSync(tmp, path);
}
