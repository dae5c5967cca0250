import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { checkHome, checkSocketFolder } from '../home/permission.ts';
import { readOwner } from '../home/owner.ts';
import { socketPath } from '../home/paths.ts';
import { PROTOCOL } from '../protocol/api.ts';
import type { Api, Method, Notification } from '../protocol/api.ts';
import { AgentvisorError, notRunning, unreachable, versionMismatch } from '../protocol/errors.ts';
import { FRAME_BYTES_MAX, createSplitter, decodeResponse, encodeRequest } from '../protocol/frames.ts';
import { VERSION } from '../protocol/version.ts';

/** A daemon that accepts a connection and says nothing for this long is stopped or stuck. */
const ANSWER_MS_MAX = 5_000;

/** These answer when an act is done, which takes as long as it takes; only a lost connection ends the wait. */
const PATIENT: ReadonlySet<Method> = new Set<Method>([
  'apply',
  'start',
  'stop',
  'restart',
  'pause',
  'reset',
  'delete',
  'send',
  'outcome',
  'wait',
  'rotate',
  'undo-rotation',
  'rotation',
  'save',
  'flush',
  'shutdown',
]);

export type Client = {
  /** Who answers; known once the first call is answered, also when its protocol is another one. */
  readonly daemon: () => Api['hello']['result'] | undefined;
  call<M extends Method>(method: M, params: Api[M]['params']): Promise<Api[M]['result']>;
  subscribe(onNotification: (notification: Notification) => void): Promise<Api['subscribe']['result']>;
  /** The same for a screen: all of it, then what changes. Asked again on the same connection, it is answered anew. */
  board(onNotification: (notification: Notification) => void): Promise<Api['board']['result']>;
  /** Settles when the connection is gone, with the reason; a follower waits for it. */
  readonly ended: Promise<AgentvisorError>;
  close(): void;
};

/** A daemon was there and went: what was asked may or may not have been done. */
export class ConnectionLost extends AgentvisorError {}

export type ClientOptions = {
  readonly answerMsMax?: number;
};

type Pending = {
  readonly method: Method;
  readonly timer: NodeJS.Timeout | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: AgentvisorError) => void;
};

/**
 * Opens a connection at once; the handshake and the first request leave in one write, so an answer costs one round
 * trip.
 */
export function openClient(home: string, options: ClientOptions = {}): Client {
  checkHome(home);
  const path = findSocket(home);
  checkSocketFolder(path, home);
  return new Connection(path, options.answerMsMax ?? ANSWER_MS_MAX);
}

/** The usual way: one connection, closed at the end whatever happens. */
export async function withClient<T>(home: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = openClient(home);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

class Connection implements Client {
  readonly ended: Promise<AgentvisorError>;
  readonly #path: string;
  readonly #answerMsMax: number;
  readonly #socket: Socket;
  readonly #splitter = createSplitter(FRAME_BYTES_MAX);
  readonly #pending = new Map<number, Pending>();
  #outbox: string[] | undefined = [];
  #nextId = 1;
  #greeted: Api['hello']['result'] | undefined;
  #failure: AgentvisorError | undefined;
  #listener: ((notification: Notification) => void) | undefined;
  #settleEnd: (error: AgentvisorError) => void = () => undefined;

  constructor(path: string, answerMsMax: number) {
    this.#path = path;
    this.#answerMsMax = answerMsMax;
    this.ended = new Promise((resolve) => (this.#settleEnd = resolve));
    this.#socket = connect(path);
    this.#socket.on('connect', () => this.#flush());
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (cause: NodeJS.ErrnoException) =>
      this.#fail(connectionError(path, cause, this.#outbox !== undefined)),
    );
    this.#socket.on('close', () => this.#fail(lost(path)));
    // A refused handshake fails every call; a fulfilled one is taken note of in #settle, before the answer behind it is.
    this.#request('hello', { protocol: PROTOCOL, version: VERSION }).catch((error: AgentvisorError) =>
      this.#fail(error),
    );
  }

  daemon(): Api['hello']['result'] | undefined {
    return this.#greeted;
  }

  call<M extends Method>(method: M, params: Api[M]['params']): Promise<Api[M]['result']> {
    return this.#request(method, params);
  }

  subscribe(onNotification: (notification: Notification) => void): Promise<Api['subscribe']['result']> {
    this.#listener = onNotification;
    return this.#request('subscribe', {});
  }

  board(onNotification: (notification: Notification) => void): Promise<Api['board']['result']> {
    this.#listener = onNotification;
    return this.#request('board', {});
  }

  close(): void {
    this.#fail(lost(this.#path));
  }

  #request<M extends Method>(method: M, params: Api[M]['params']): Promise<Api[M]['result']> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const timer = PATIENT.has(method)
        ? undefined
        : setTimeout(() => this.#fail(silent(this.#path)), this.#answerMsMax);
      // The one cast of the client: the daemon's answers are trusted to be what `Api` promises for this protocol number.
      this.#pending.set(id, { method, timer, resolve: resolve as (result: unknown) => void, reject });
      this.#send(encodeRequest(id, method, params));
    });
  }

  #send(frame: string): void {
    if (this.#outbox === undefined) this.#socket.write(frame);
    else this.#outbox.push(frame);
  }

  #flush(): void {
    const frames = this.#outbox ?? [];
    this.#outbox = undefined;
    this.#socket.write(frames.join(''));
  }

  #read(chunk: Buffer): void {
    for (const bytes of this.#splitter.push(chunk)) {
      const frame = 'kind' in bytes ? bytes : decodeResponse(bytes);
      if (frame.kind === 'invalid') return this.#fail(garbled(this.#path, frame.message));
      if (frame.kind === 'notification') this.#listener?.(frame as unknown as Notification);
      else if (frame.kind === 'error' && frame.id === null) return this.#fail(frame.error);
      else this.#settle(frame.id, frame);
    }
  }

  #settle(
    id: number | string | null,
    frame: { kind: 'result'; result: unknown } | { kind: 'error'; error: AgentvisorError },
  ): void {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (pending === undefined || typeof id !== 'number') return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (frame.kind === 'error') {
      pending.reject(frame.error);
      // Who is not let in hears of what stood behind the handshake only that there was none.
      if (pending.method === 'hello') this.#fail(frame.error);
      return;
    }
    if (pending.method === 'hello') this.#greet(frame.result as Api['hello']['result']);
    pending.resolve(frame.result);
  }

  #greet(daemon: Api['hello']['result']): void {
    this.#greeted = daemon;
    if (daemon.protocol !== PROTOCOL) this.#fail(versionMismatch(daemon.version, VERSION));
  }

  /** The first failure counts; every open and every later call gets it. */
  #fail(error: AgentvisorError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(error);
    }
    this.#pending.clear();
    this.#socket.destroy();
    this.#settleEnd(error);
  }
}

/**
 * The short stand-in depends on the environment, which may differ between a login and cron: the daemon's own word
 * counts.
 */
function findSocket(home: string): string {
  const path = socketPath(home);
  return dirname(path) === home ? path : (readOwner(home)?.socket ?? path);
}

/**
 * Nobody listens, or who listened died before it let us in: the one failure after which it is certain that nothing was
 * done.
 */
const NOBODY: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET']);

function connectionError(path: string, cause: NodeJS.ErrnoException, connecting: boolean): AgentvisorError {
  if (connecting && NOBODY.has(cause.code)) return notRunning();
  return connecting ? unreachable(path, cause) : lost(path, cause);
}

const silent = (path: string): AgentvisorError => unreachable(path, 'no answer in time');

const lost = (path: string, cause?: unknown): ConnectionLost =>
  new ConnectionLost(
    'unreachable',
    `The daemon closed the connection on ${path} before it answered.`,
    'What was asked may have been done; look: agentvisor list',
    cause,
  );

const garbled = (path: string, what: string): AgentvisorError =>
  new AgentvisorError(
    'unreachable',
    `What answers on ${path} does not speak our protocol: ${what}`,
    'Look at it: agentvisor daemon status',
  );
