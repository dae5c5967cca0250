import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerJson, answerStream, refuse, type Block } from './answers.ts';
import { readBody, type Body } from './body.ts';
import { SocketOwners } from './owner.ts';
import { holds, type Deed, type FaultScript, type Moment } from './script.ts';

/** A request as the stand-in for the API saw it, and what it answered. */
export type ApiRequest = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** `side`: not part of the conversation, for instance a probe of a test. It is in no turn. */
  readonly kind: 'main' | 'side';
  /** The process that asked; null where that cannot be known. */
  readonly pid: number | null;
  readonly session: string | null;
  readonly model: string;
  /** The last four characters. */
  readonly token: string;
  /** What the user has said in this conversation, in order. */
  readonly texts: readonly string[];
  readonly requestId: string;
  readonly process: number;
  readonly turn: number;
  readonly attempt: number;
  /** Null while it is not answered, and for good when the connection was dropped. */
  readonly status: number | null;
};

export type Api = {
  readonly url: string;
  readonly port: number;
  /** Everything that was asked, in order. */
  readonly requests: readonly ApiRequest[];
  setScript(script: FaultScript): void;
  /** From now on this process is refused with a 401, and no other. */
  latch(pid: number): void;
  unlatch(pid: number): void;
  openWindow(name: string): void;
  closeWindow(name: string): void;
  /** The first request, past or future, of which it is true; it is asked again when a request is answered. */
  waitForRequest(predicate: (request: ApiRequest) => boolean): Promise<ApiRequest>;
  close(): Promise<void>;
};

/** How often a held request is looked at again: its fault may hang on a file or on the time. */
const RELEASE_POLL_MS = 10;
const TEXT_LENGTH_MAX = 200;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Waiter = { readonly predicate: (request: ApiRequest) => boolean; readonly done: (request: ApiRequest) => void };

/** The project's stand-in for the Anthropic API, on loopback. */
export async function startApi(script: FaultScript = {}): Promise<Api> {
  const desk = new Desk(script);
  const server = createServer((request, response) => {
    void desk.serve(request, response).catch((cause: unknown) => response.destroy(cause as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: desk.requests,
    setScript: (next) => desk.setScript(next),
    latch: (pid) => void desk.latched.add(pid),
    unlatch: (pid) => void desk.latched.delete(pid),
    openWindow: (name) => void desk.windows.add(name),
    closeWindow: (name) => void desk.windows.delete(name),
    waitForRequest: (predicate) => desk.waitFor(predicate),
    close: async () => {
      desk.closed = true;
      const gone = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await gone;
    },
  };
}

class Desk {
  readonly requests: Mutable<ApiRequest>[] = [];
  readonly latched = new Set<number>();
  readonly windows = new Set<string>();
  closed = false;
  readonly #owners = new SocketOwners();
  readonly #turns = new TurnBook();
  /** The faults that have latched: the fault as JSON, and the process. */
  readonly #held = new Set<string>();
  readonly #waiters = new Set<Waiter>();
  #script: FaultScript;

  constructor(script: FaultScript) {
    this.#script = script;
  }

  setScript(script: FaultScript): void {
    this.#script = script;
  }

  async waitFor(predicate: (request: ApiRequest) => boolean): Promise<ApiRequest> {
    const past = this.requests.find(predicate);
    return past ?? new Promise((done) => this.#waiters.add({ predicate, done }));
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let raw = '';
    for await (const chunk of request.setEncoding('utf8')) raw += String(chunk);
    const body = readBody(raw);
    const seen = this.#record(request, body);
    if (!isMessages(request)) return this.#serveOther(request, response, seen);
    const token = tokenIn(request);
    const deed = await this.#decide(seen, token);
    if (this.closed) return;
    if (deed.api === 'drop') {
      this.#turns.answered(seen, false);
      request.socket.destroy();
    } else if (deed.api !== undefined && deed.api !== 'hang' && deed.api !== 'notLoggedIn') {
      this.#turns.answered(seen, false);
      this.#answered(seen, refuse(response, deed.api, deed, seen.requestId));
    } else {
      const block = blockFor(deed, body);
      const reply = { model: body.model, block, requestId: seen.requestId };
      const pace = { delayMs: deed.delayMs ?? 0, pieces: deed.pieces ?? 1 };
      await (body.streams ? answerStream : answerJson)(response, { ...reply, ...pace });
      this.#turns.answered(seen, true);
      this.#answered(seen, 200);
    }
  }

  #serveOther(request: IncomingMessage, response: ServerResponse, seen: Mutable<ApiRequest>): void {
    const status = request.method === 'HEAD' && seen.path === '/' ? 200 : 404;
    const error = { type: 'not_found_error', message: `No such path here: ${seen.path}` };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 200 ? '' : JSON.stringify({ type: 'error', error, request_id: seen.requestId }));
    this.#answered(seen, status);
  }

  #record(request: IncomingMessage, body: Body): Mutable<ApiRequest> {
    const session = headerOf(request, 'x-claude-code-session-id');
    const pid = this.#owners.pidOf(request.socket);
    const place = body.kind === 'main' ? this.#turns.place(session, pid, body) : { process: 0, turn: 0, attempt: 1 };
    const seen = {
      at: Date.now(),
      method: request.method ?? '',
      path: request.url ?? '',
      kind: body.kind,
      pid,
      session,
      model: body.model,
      token: tokenIn(request).slice(-4),
      texts: body.texts,
      requestId: `req_stand_in_${this.requests.length + 1}`,
      ...place,
      status: null,
    };
    this.requests.push(seen);
    this.#tell(seen);
    return seen;
  }

  #answered(seen: Mutable<ApiRequest>, status: number): void {
    seen.status = status;
    this.#tell(seen);
  }

  #tell(seen: ApiRequest): void {
    for (const waiter of this.#waiters) {
      if (!waiter.predicate(seen)) continue;
      this.#waiters.delete(waiter);
      waiter.done(seen);
    }
  }

  /** What to do with a request, once no fault holds it back any more. */
  async #decide(seen: ApiRequest, token: string): Promise<Deed> {
    for (;;) {
      const deed = this.#wanted(seen, token);
      if (deed.api !== 'hang' || this.closed) return deed;
      await sleep(RELEASE_POLL_MS);
    }
  }

  #wanted(seen: ApiRequest, token: string): Deed {
    if (seen.pid !== null && this.latched.has(seen.pid)) return { api: '401' };
    const text = seen.texts.at(-1) ?? '';
    const moment: Moment = { ...seen, token, text, windows: this.windows, nowMs: Date.now(), exists: existsSync };
    const deeds = (this.#script.faults ?? []).filter((fault) => {
      const key = `${seen.pid} ${JSON.stringify(fault)}`;
      const held = this.#held.has(key) || holds(fault.when ?? {}, moment);
      if (held && fault.latch === true) this.#held.add(key);
      return held;
    });
    return Object.assign({}, ...deeds.map((fault) => fault.do).toReversed()) as Deed;
  }
}

/** Which process, turn and attempt a request belongs to; a retry repeats the conversation word for word. */
class TurnBook {
  readonly #processes = new Map<string, (number | null)[]>();
  readonly #current = new Map<string, { said: string; turn: number; failures: number }>();

  place(session: string | null, pid: number | null, body: Body): { process: number; turn: number; attempt: number } {
    const pids = this.#processes.get(session ?? '') ?? [];
    if (!pids.includes(pid)) pids.push(pid);
    this.#processes.set(session ?? '', pids);
    const key = `${session}:${pid}`;
    const before = this.#current.get(key) ?? { said: '', turn: 0, failures: 0 };
    const said = JSON.stringify(body.texts);
    const same = before.turn > 0 && (body.afterTool || said === before.said);
    const now = same ? { ...before, said } : { said, turn: before.turn + 1, failures: 0 };
    this.#current.set(key, now);
    return { process: pids.indexOf(pid) + 1, turn: now.turn, attempt: now.failures + 1 };
  }

  answered(request: ApiRequest, good: boolean): void {
    const current = this.#current.get(`${request.session}:${request.pid}`);
    if (current !== undefined && request.kind === 'main') current.failures = good ? 0 : current.failures + 1;
  }
}

function blockFor(deed: Deed, body: Body): Block {
  if (deed.tool !== undefined && !body.afterTool) {
    return { type: 'tool_use', name: 'Bash', input: { command: deed.tool.command, description: 'Run it' } };
  }
  const text = (body.texts.at(-1) ?? '').slice(0, TEXT_LENGTH_MAX);
  return { type: 'text', text: (deed.answer ?? 'answer to: {text}').replaceAll('{text}', text) };
}

function isMessages(request: IncomingMessage): boolean {
  return request.method === 'POST' && (request.url ?? '').split('?')[0] === '/v1/messages';
}

function tokenIn(request: IncomingMessage): string {
  return headerOf(request, 'authorization')?.replace(/^Bearer /, '') ?? headerOf(request, 'x-api-key') ?? '';
}

function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}
