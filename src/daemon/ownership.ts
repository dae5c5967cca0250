import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { readOwner, type Owner } from '../home/owner.ts';
import { daemonFile, socketPath } from '../home/paths.ts';
import { prepareSocketFolder } from '../home/permission.ts';
import { PROTOCOL } from '../protocol/api.ts';
import { VERSION } from '../protocol/version.ts';
import type { Identity } from '../home/process-identity.ts';
import { lockStart } from './start-lock.ts';

/**
 * Makes this process the owner of the home: bound to its socket, named in `daemon.json`. The lock only orders those who
 * start at the same moment; who owns is told by pid, start time and boot, which a stopped process keeps and a dead one
 * does not.
 *
 * @returns false when a living owner is there already; nothing was changed then.
 */
export async function takeHome(home: string, identity: Identity, server: Server): Promise<boolean> {
  const release = await lockStart(home, identity);
  try {
    const socket = socketPath(home);
    if (isOwned(readOwner(home), identity) || (await answers(socket))) return false;
    prepareSocketFolder(socket, home);
    rmSync(socket, { force: true });
    await listen(server, socket);
    writeOwner(home, {
      pid: process.pid,
      start: identity.startTimeOf(process.pid) ?? '',
      boot: identity.bootId(),
      version: VERSION,
      protocol: PROTOCOL,
      socket,
    });
    return true;
  } finally {
    await release();
  }
}

/** Called by the owner at its end. The name goes last: from then on the socket may be another daemon's. */
export function leaveHome(home: string): void {
  rmSync(socketPath(home), { force: true });
  rmSync(daemonFile(home), { force: true });
}

function isOwned(owner: Owner | null, identity: Identity): boolean {
  return owner !== null && owner.boot === identity.bootId() && identity.isAlive(owner.pid, owner.start);
}

/** Somebody may be bound who has not written its name yet, or whose file was removed. */
function answers(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.once('error', () => done(false));
  });
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    // Between bind and chmod nobody else may connect.
    const umask = process.umask(0o177);
    server.listen(socket, () => {
      server.off('error', fail);
      done();
    });
    process.umask(umask);
  });
}

function writeOwner(home: string, owner: Owner): void {
  const path = daemonFile(home);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
