import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

/**
 * Which process holds the other end of a connection: its port in /proc/net/tcp gives an inode, and the
 * process is the one with that inode among its open files. Null where there is no /proc.
 */
export class SocketOwners {
  readonly #found = new WeakMap<Socket, number | null>();
  /** Looked at first: one process opens most of the connections. */
  #recent: number[] = [];

  pidOf(socket: Socket): number | null {
    const known = this.#found.get(socket);
    if (known !== undefined) return known;
    const inode = inodeOf(socket.remotePort, socket.localPort);
    const pid = inode === null ? null : this.#holderOf(inode);
    this.#found.set(socket, pid);
    return pid;
  }

  #holderOf(inode: string): number | null {
    const pid = [...this.#recent, ...allPids()].find((one) => holdsSocket(one, inode)) ?? null;
    if (pid !== null) this.#recent = [pid, ...this.#recent.filter((one) => one !== pid)].slice(0, 20);
    return pid;
  }
}

function inodeOf(clientPort: number | undefined, serverPort: number | undefined): string | null {
  if (clientPort === undefined || serverPort === undefined) return null;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const row of linesOf(table).slice(1)) {
      const [, local = '', remote = '', , , , , , , inode = '0'] = row.trim().split(/\s+/);
      if (portIn(local) === clientPort && portIn(remote) === serverPort && inode !== '0') return inode;
    }
  }
  return null;
}

function portIn(address: string): number {
  return Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    // No /proc here, or no IPv6.
    return [];
  }
}

function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
      .concat(process.pid);
  } catch {
    return [];
  }
}

function holdsSocket(pid: number, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
  } catch {
    // It ended while we looked, or it is somebody else's.
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
