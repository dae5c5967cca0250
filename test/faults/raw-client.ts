import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createSplitter, encodeRequest } from '../../src/protocol/frames.ts';
import type { Box } from '../box.ts';

type Frame = Readonly<Record<string, unknown>>;

/** Whoever has the socket's path: writes what it likes and reads when it likes. */
export type RawClient = {
  readonly socket: Socket;
  /** Resolves when the bytes are on their way, or nobody takes them any more. */
  write(bytes: string | Uint8Array): Promise<void>;
  /** The frames so far, and those that are still to come. */
  readonly heard: readonly Frame[];
  answer(id: number | string | null): Promise<Frame>;
  /** Resolves when the other side has closed the connection. */
  readonly closed: Promise<void>;
};

const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Connects; of what it was not let in for it hears as others do. */
export async function rawClient(home: string, options: { readonly reads?: boolean } = {}): Promise<RawClient> {
  const socket = connect(join(home, 'daemon.sock'));
  onTestFinished(() => void socket.destroy());
  // EPIPE and ECONNRESET are what a hostile client must expect.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((done) => socket.once('close', () => done()));
  const heard: Frame[] = [];
  const splitter = createSplitter(ANSWER_BYTES_MAX);
  const waiting: (() => void)[] = [];
  const wake = (): void => waiting.splice(0).forEach((each) => each());
  const hear = (chunk: Buffer): void => {
    for (const bytes of splitter.push(chunk))
      heard.push('kind' in bytes ? { kind: bytes.kind } : (JSON.parse(Buffer.from(bytes).toString('utf8')) as Frame));
    wake();
  };
  if (options.reads !== false) socket.on('data', hear);
  socket.once('close', () => wake());
  await Promise.race([once(socket, 'connect'), closed]);
  return {
    socket,
    heard,
    closed,
    write: (bytes) => new Promise((done) => socket.write(bytes, () => done())),
    answer: async (id) => {
      for (;;) {
        const found = heard.find((frame) => 'id' in frame && frame['id'] === id);
        if (found !== undefined) return found;
        if (socket.destroyed) throw new Error(`closed before it answered ${id}`);
        await new Promise<void>((done) => void waiting.push(done));
      }
    },
  };
}

/** The same, once it has said hello and was heard. */
export async function greeted(home: string): Promise<RawClient> {
  const client = await rawClient(home);
  await client.write(encodeRequest('hello', 'hello', { protocol: 1, version: 'test' }));
  await client.answer('hello');
  return client;
}

export const rssOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

export const openFilesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** What of a fleet nobody outside may change by accident. */
export const fleetOf = async (own: Box): Promise<unknown> =>
  (await own.rows()).map(({ name, desired, paused, state, pid, run, restarts, queued, sessionId, credential }) => ({
    name,
    desired,
    paused,
    state,
    pid,
    run,
    restarts,
    queued,
    sessionId,
    credential,
  }));
