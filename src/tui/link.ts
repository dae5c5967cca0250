import { setTimeout as sleep } from 'node:timers/promises';
import { openClient, type Client } from '../client/client.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import type { Notification } from '../protocol/api.ts';
import { cleaned } from './clean.ts';
import { changeOf } from './fleet-state.ts';
import type { Message } from './model.ts';

/** How often a daemon that is away is looked for. */
const LOOK_MS = 300;
/** So long after it went the files are asked: a keeper has it back long before. */
const OFFLINE_AFTER_MS = 3_000;
/** How often they are asked: an agent that ends meanwhile is not shown as alive for longer. */
const FILES_MS = 2_000;

/** The connection to the daemon: found, lost and found again. What comes is told as messages, clean of control characters. */
export class Link {
  readonly #home: string;
  readonly #tell: (message: Message) => void;
  readonly #closed = new AbortController();
  #client: Client | null = null;

  constructor(home: string, tell: (message: Message) => void) {
    this.#home = home;
    this.#tell = tell;
  }

  /** Null while there is nobody to ask. */
  get client(): Client | null {
    return this.#client;
  }

  /** Goes on until `close`. Throws only what no waiting mends: a daemon of another version, a home that must not be used. */
  async run(): Promise<void> {
    let lostAt: number | null = null;
    let filesAt: number | null = null;
    while (!this.#closed.signal.aborted) {
      const end = await this.#serve();
      if (this.#closed.signal.aborted) return;
      if (end.wasUp) {
        lostAt = performance.now();
        filesAt = null;
        this.#tell({ type: 'lost', why: end.error.message });
      }
      const isLongGone = lostAt === null || performance.now() - lostAt > OFFLINE_AFTER_MS;
      const areFilesOld = filesAt === null || performance.now() - filesAt >= FILES_MS;
      if (end.error.code === 'not-running' && isLongGone && areFilesOld) {
        filesAt = performance.now();
        // It reads the kernel's state, which a screen with a daemon never needs.
        const { offlineFleet } = await import('./offline-fleet.ts');
        this.#tell({ type: 'offline', ...offlineFleet(this.#home) });
      }
      await sleep(LOOK_MS, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    }
  }

  close(): void {
    this.#closed.abort();
    this.#client?.close();
  }

  /** One connection from its begin to its end. */
  async #serve(): Promise<{ readonly wasUp: boolean; readonly error: AgentvisorError }> {
    let wasUp = false;
    const client = openClient(this.#home);
    try {
      const show = await this.#ask(client);
      this.#client = client;
      wasUp = true;
      show();
      return { wasUp, error: await client.ended };
    } catch (error) {
      if (!(error instanceof AgentvisorError) || FINAL.has(error.code)) throw error;
      return { wasUp, error };
    } finally {
      this.#client = null;
      client.close();
    }
  }

  /** Shows all of it, then what changes. Both may come in one piece, of which the answer is heard last: it is told first. */
  async #ask(client: Client): Promise<() => void> {
    const early: Notification[] = [];
    let isShown = false;
    const board = await client.board((notification) => {
      if (isShown) this.#hear(client, notification);
      else early.push(notification);
    });
    return () => {
      isShown = true;
      this.#tell({ type: 'board', fleet: cleaned(board) });
      for (const notification of early) this.#hear(client, notification);
    };
  }

  #hear(client: Client, { method, params }: Notification): void {
    if (method === 'board') this.#tell({ type: 'changed', change: cleaned(changeOf(params)) });
    if (method !== 'dropped') return;
    // Something is missing: all of it anew. If that fails, the connection is gone and its end is heard.
    this.#ask(client).then(
      (show) => show(),
      () => undefined,
    );
  }
}

const FINAL: ReadonlySet<AgentvisorError['code']> = new Set(['version-mismatch', 'refused', 'usage']);
