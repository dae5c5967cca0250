import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { PROTOCOL, type Method, type Notification } from '../protocol/api.ts';
import { AgentvisorError, versionMismatch } from '../protocol/errors.ts';
import {
  createSplitter,
  decodeRequest,
  encodeError,
  encodeNotification,
  encodeProblem,
  encodeResult,
  REQUEST_BYTES_MAX,
  type RequestFrame,
} from '../protocol/frames.ts';
import { VERSION } from '../protocol/version.ts';
import { farewell } from './farewell.ts';

/** Requests of one client that may be under way at once. */
export const REQUESTS_MAX = 64;
/** Bytes that may wait for a client that does not read; notifications beyond it are dropped and counted. */
export const UNREAD_BYTES_MAX = 1024 * 1024;
/** Beyond this even the answers pile up: the client is let go. */
export const UNREAD_BYTES_LIMIT = 16 * 1024 * 1024;

/** How long a client may take to say hello: one that never does would hold a place for ever. */
const GREETING_MS_MAX = 10_000;

/** Whose answers are snapshots: what happens meanwhile waits behind them. */
const HELD_BACK: ReadonlySet<string> = new Set<Method>(['subscribe', 'board']);

export type Handle = (method: string, params: unknown, connection: Connection) => Promise<unknown>;

/** One client. It is never waited for, and what it sends is only ever data. */
export class Connection {
  readonly #socket: Socket;
  readonly #handle: Handle;
  readonly #splitter = createSplitter(REQUEST_BYTES_MAX);
  readonly #gone = new AbortController();
  readonly #greeting: NodeJS.Timeout;
  #isGreeted = false;
  /** The last thing was said: nothing is heard or answered any more. */
  #isOver = false;
  #underWay = 0;
  #dropped = 0;
  /** What happened between a snapshot and its leaving; null while nothing is held back. */
  #held: Notification[] | null = null;

  /** @param greetingMsMax only tests name another */
  constructor(socket: Socket, handle: Handle, greetingMsMax = GREETING_MS_MAX) {
    this.#socket = socket;
    this.#handle = handle;
    // One listener for each agent that a request waits for, and each goes with its wait: more than ten are no leak.
    setMaxListeners(0, this.#gone.signal);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    // A client that resets the connection is no trouble of ours.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(this.#greeting);
      this.#gone.abort();
    });
    this.#greeting = setTimeout(() => this.#letGoWith(encodeError(null, notGreeted())), greetingMsMax);
    this.#greeting.unref();
    // Who was too slow and has caught up must not believe that it has seen everything.
    socket.on('drain', () => this.#tellDropped());
  }

  /** Aborted when the client has gone: what only it waits for need not be waited for. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Until the answer to `subscribe` or `board` has left, notifications wait behind it: a snapshot comes before what follows it. */
  holdBack(): void {
    this.#held ??= [];
  }

  notify(notification: Notification): void {
    if (this.#held !== null) {
      this.#held.push(notification);
      return;
    }
    if (this.#socket.writableLength > UNREAD_BYTES_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#tellDropped();
    this.#write(encodeNotification(notification.method, notification.params));
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    this.#write(encodeNotification('dropped', { count: this.#dropped }));
    this.#dropped = 0;
  }

  close(): void {
    this.#socket.end();
  }

  #letGoWith(lastFrame: string): void {
    this.#isOver = true;
    farewell(this.#socket, lastFrame);
  }

  #read(chunk: Buffer): void {
    if (this.#isOver) return;
    for (const bytes of this.#splitter.push(chunk)) {
      const frame = 'kind' in bytes ? bytes : decodeRequest(bytes);
      if (frame.kind === 'invalid') return this.#letGoWith(encodeProblem(frame));
      if (frame.kind === 'request') void this.#serve(frame);
    }
  }

  async #serve(frame: RequestFrame): Promise<void> {
    try {
      if (this.#underWay >= REQUESTS_MAX) throw tooMany();
      this.#underWay += 1;
      try {
        this.#write(encodeResult(frame.id, await this.#answer(frame)));
      } finally {
        this.#underWay -= 1;
        if (HELD_BACK.has(frame.method)) this.#letGo();
      }
    } catch (error) {
      this.#write(encodeError(frame.id, error));
    }
  }

  #letGo(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const notification of held) this.notify(notification);
  }

  async #answer(frame: RequestFrame): Promise<unknown> {
    if (frame.method === 'hello') {
      this.#isGreeted = greet(frame.params);
      clearTimeout(this.#greeting);
      return { protocol: PROTOCOL, version: VERSION, pid: process.pid };
    }
    if (!this.#isGreeted) throw notGreeted();
    return this.#handle(frame.method, frame.params, this);
  }

  #write(frame: string): void {
    if (this.#isOver || this.#socket.destroyed) return;
    if (this.#socket.writableLength > UNREAD_BYTES_LIMIT) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(frame);
  }
}

function greet(params: unknown): boolean {
  const protocol = typeof params === 'object' && params !== null && 'protocol' in params ? params.protocol : null;
  const version = typeof params === 'object' && params !== null && 'version' in params ? params.version : null;
  if (protocol === PROTOCOL) return true;
  throw versionMismatch(VERSION, typeof version === 'string' ? version.slice(0, 40) : 'unknown');
}

const notGreeted = (): AgentvisorError =>
  new AgentvisorError(
    'usage',
    'The first request of a connection is hello.',
    'Send: {"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"version":"0"}}',
  );

const tooMany = (): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `More than ${REQUESTS_MAX} requests are under way on this connection.`,
    'Wait for their answers.',
  );
