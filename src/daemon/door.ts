import type { Socket } from 'node:net';
import { Connection, type Handle } from './connection.ts';

/** Clients that may be connected at once. */
export const CLIENTS_MAX = 256;

/**
 * Lets clients in. Who comes while the daemon still reads its state waits for the answer and never sees half a fleet.
 */
export class Door {
  readonly #connections = new Set<Connection>();
  readonly #opened: Promise<Handle>;
  #open: (handle: Handle) => void = () => undefined;

  constructor() {
    this.#opened = new Promise((done) => (this.#open = done));
  }

  open(handle: Handle): void {
    this.#open(handle);
  }

  knock(socket: Socket): void {
    if (this.#connections.size >= CLIENTS_MAX) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, async (...request) => (await this.#opened)(...request));
    this.#connections.add(connection);
    connection.gone.addEventListener('abort', () => this.#connections.delete(connection));
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
