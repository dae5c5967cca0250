import type { Socket } from 'node:net';
import { AgentvisorError } from '../protocol/errors.ts';
import { encodeError } from '../protocol/frames.ts';
import { Connection, type Handle } from './connection.ts';
import { farewell } from './farewell.ts';

/** Clients that may be connected at once. */
export const CLIENTS_MAX = 256;
/** More of those that came too late than this are closed without a word. */
const REFUSED_MAX = 64;

/**
 * Lets clients in. Who comes while the daemon still reads its state waits for the answer and never sees half a fleet.
 */
export class Door {
  readonly #connections = new Set<Connection>();
  #refused = 0;
  readonly #opened: Promise<Handle>;
  #open: (handle: Handle) => void = () => undefined;

  constructor() {
    this.#opened = new Promise((done) => (this.#open = done));
  }

  open(handle: Handle): void {
    this.#open(handle);
  }

  knock(socket: Socket): void {
    if (this.#connections.size >= CLIENTS_MAX) return this.#refuse(socket);
    const connection = new Connection(socket, async (...request) => (await this.#opened)(...request));
    this.#connections.add(connection);
    connection.gone.addEventListener('abort', () => this.#connections.delete(connection));
  }

  /** Each hears why, but for a crowd of them. */
  #refuse(socket: Socket): void {
    if (this.#refused >= REFUSED_MAX) {
      socket.destroy();
      return;
    }
    this.#refused += 1;
    socket.once('close', () => (this.#refused -= 1));
    farewell(socket, encodeError(null, full()));
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

const full = (): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `${CLIENTS_MAX} clients are connected to the daemon already.`,
    'End some of them; agents are not touched by that.',
  );
