import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PROTOCOL } from '../../src/protocol/api.ts';
import {
  REQUEST_BYTES_MAX,
  createSplitter,
  decodeRequest,
  encodeError,
  encodeResult,
} from '../../src/protocol/frames.ts';

/** What it does with one request: a value is the answer, an error its error, undefined silence. */
export type Reply = (method: string, params: Record<string, unknown>, socket: Socket) => unknown;

export type FakeDaemon = {
  readonly requests: { readonly method: string; readonly params: Record<string, unknown> }[];
  /** Everything that arrived with one read of the server, per read. */
  readonly reads: string[];
  readonly close: () => Promise<void>;
};

export const HELLO = { protocol: PROTOCOL, version: '0.1.0', pid: 4242 };

/** What it says unless the test says otherwise: `send` looks at its agent by the way, `list` at credentials. */
const USUAL: Readonly<Record<string, unknown>> = { hello: HELLO, list: [], 'credential-states': [] };

/** A server on a home's socket that greets, and answers the rest as the test says. */
export async function fakeDaemon(home: string, reply: Reply): Promise<FakeDaemon> {
  const requests: FakeDaemon['requests'] = [];
  const reads: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const splitter = createSplitter(REQUEST_BYTES_MAX);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      reads.push(chunk.toString());
      for (const frame of splitter.push(chunk)) {
        const request = 'kind' in frame ? frame : decodeRequest(frame);
        if (request.kind !== 'request') continue;
        const params = request.params as Record<string, unknown>;
        requests.push({ method: request.method, params });
        const answer = reply(request.method, params, socket) ?? USUAL[request.method];
        if (answer === undefined || socket.destroyed) continue;
        socket.write(answer instanceof Error ? encodeError(request.id, answer) : encodeResult(request.id, answer));
      }
    });
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  await new Promise<void>((resolve) => server.listen(join(home, 'daemon.sock'), resolve));
  onTestFinished(close);
  return { requests, reads, close };
}
