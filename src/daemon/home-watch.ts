import { existsSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:net';
import { readOwner } from '../home/owner.ts';
import { daemonFile, socketPath } from '../home/paths.ts';
import { prepareHome } from '../home/permission.ts';
import type { Identity } from '../home/process-identity.ts';
import { takeHome } from './ownership.ts';

/** again: somebody had removed name or socket, and they are there again · lost: another daemon owns the home by now. */
export type HomeSeen = 'ours' | 'again' | 'lost';

/**
 * Keeps the home this daemon's. Somebody may remove it while agents run: a daemon that nobody can reach any more would hold
 * them for ever, and a second one would hold them, too.
 */
export class HomeWatch {
  readonly #home: string;
  readonly #identity: Identity;
  readonly #makeServer: () => Server;
  #server: Server;
  /** Of the socket that we listen on: a home that was moved away and back has an older one. */
  #socketInode: number | null;
  #isLooking = false;
  #isClosed = false;

  private constructor(home: string, identity: Identity, makeServer: () => Server, server: Server) {
    this.#home = home;
    this.#identity = identity;
    this.#makeServer = makeServer;
    this.#server = server;
    this.#socketInode = inodeOf(socketPath(home));
  }

  /** @returns null when another daemon owns the home. */
  static async take(home: string, identity: Identity, makeServer: () => Server): Promise<HomeWatch | null> {
    const server = makeServer();
    return (await takeHome(home, identity, server)) ? new HomeWatch(home, identity, makeServer, server) : null;
  }

  /** @throws what the disk says when the home cannot be made again; the next look tries once more. */
  async look(): Promise<HomeSeen> {
    if (this.#isLooking || this.#isClosed) return 'ours';
    if (existsSync(daemonFile(this.#home)) && inodeOf(socketPath(this.#home)) === this.#socketInode)
      return this.#isForeign() ? 'lost' : 'ours';
    this.#isLooking = true;
    try {
      return await this.#retake();
    } finally {
      this.#isLooking = false;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#server.close();
  }

  async #retake(): Promise<HomeSeen> {
    if (this.#isForeign()) return 'lost';
    // Who closes a socket removes its file, so the old one goes before there is a new one.
    this.#server.close();
    prepareHome(this.#home);
    rmSync(daemonFile(this.#home), { force: true });
    this.#server = this.#makeServer();
    const isTaken = await takeHome(this.#home, this.#identity, this.#server);
    this.#socketInode = inodeOf(socketPath(this.#home));
    return isTaken ? 'again' : 'lost';
  }

  #isForeign(): boolean {
    const owner = readOwner(this.#home);
    if (owner === null || owner.pid === process.pid) return false;
    return owner.boot === this.#identity.bootId() && this.#identity.isAlive(owner.pid, owner.start);
  }
}

const inodeOf = (path: string): number | null => statSync(path, { throwIfNoEntry: false })?.ino ?? null;
