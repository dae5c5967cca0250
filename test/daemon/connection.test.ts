import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { Connection, type Handle } from '../../src/daemon/connection.ts';
import type { Notification } from '../../src/protocol/api.ts';
import { encodeRequest } from '../../src/protocol/frames.ts';
import { temporaryFolder } from '../cli/folder.ts';

type Client = { readonly socket: Socket; readonly lines: Interface; next(): Promise<Record<string, unknown>> };

/** Of one connection: a client that ends its own side only when it likes, and the daemon's. */
async function sides(): Promise<{ socket: Socket; accepted: Socket }> {
  const server = createServer();
  const path = join(temporaryFolder(), 'socket');
  server.listen(path);
  await once(server, 'listening');
  const socket = connect({ path, allowHalfOpen: true });
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  onTestFinished(() => {
    socket.destroy();
    accepted.destroy();
  });
  return { socket, accepted };
}

/** A greeted client on a real socket, and the daemon's side of it. */
async function connected(handle: Handle): Promise<{ client: Client; connection: Connection }> {
  const { socket, accepted } = await sides();
  const connection = new Connection(accepted, handle);
  const lines = createInterface({ input: socket });
  const frames = lines[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => {
    const { value } = (await frames.next()) as { value: string };
    return JSON.parse(value) as Record<string, unknown>;
  };
  socket.write(encodeRequest(0, 'hello', { protocol: 1, version: 'test' }));
  expect(await next()).toMatchObject({ id: 0 });
  return { client: { socket, lines, next }, connection };
}

const removed = (name: string): Notification => ({ method: 'agent-removed', params: { name } });

test('a snapshot comes before what follows it, whatever else is answered while it is taken', async () => {
  let take = (): void => undefined;
  const taken = new Promise<void>((done) => (take = done));
  const { client, connection } = await connected(async (method, _params, asker) => {
    if (method !== 'subscribe') return 'pong';
    asker.holdBack();
    await taken;
    return 'snapshot';
  });
  client.socket.write(encodeRequest(1, 'subscribe', {}) + encodeRequest(2, 'ping', {}));
  expect(await client.next()).toMatchObject({ id: 2, result: 'pong' });
  connection.notify(removed('ada'));
  take();
  expect(await client.next()).toMatchObject({ id: 1, result: 'snapshot' });
  expect(await client.next()).toMatchObject({ method: 'agent-removed' });
});

test('a client that was too slow is told so when it has caught up, though nothing else happens', async () => {
  const { client, connection } = await connected(async () => null);
  client.lines.pause();
  client.socket.pause();
  const name = 'x'.repeat(64 * 1024);
  for (let sent = 0; sent < 100; sent += 1) connection.notify(removed(name));
  client.socket.resume();
  client.lines.resume();
  let delivered = 0;
  let frame = await client.next();
  for (; frame['method'] === 'agent-removed'; frame = await client.next()) delivered += 1;
  expect(frame).toEqual({ jsonrpc: '2.0', method: 'dropped', params: { count: 100 - delivered } });
  expect(delivered).toBeGreaterThan(0);
});

test('a client that has gone is not waited for: whoever serves it is told', async () => {
  const { client, connection } = await connected(async () => null);
  const gone = once(connection.gone, 'abort');
  client.socket.destroy();
  await gone;
  expect(connection.gone.aborted).toBe(true);
});

test('a client that does not say hello is told so and let go: it holds no place for ever', async () => {
  const { socket, accepted } = await sides();
  const connection = new Connection(accepted, async () => null, 20);
  const gone = once(connection.gone, 'abort');
  const [told] = (await once(createInterface({ input: socket }), 'line')) as [string];
  expect(JSON.parse(told)).toMatchObject({ id: null, error: { message: expect.stringContaining('is hello') } });
  socket.end();
  await gone;
});

test('a client that has said hello may be silent for as long as it likes', async () => {
  const { socket, accepted } = await sides();
  const connection = new Connection(accepted, async () => 'pong', 20);
  const frames = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.write(encodeRequest(0, 'hello', { protocol: 1, version: 'test' }));
  await frames.next();
  // The time in which the other one is let go is over.
  const { accepted: silent } = await sides();
  await once(new Connection(silent, async () => null, 40).gone, 'abort');
  socket.write(encodeRequest(1, 'ping', {}));
  expect((await frames.next()).value).toContain('pong');
  expect(connection.gone.aborted).toBe(false);
});

test('who is let go is not heard any more, and cannot keep the connection by not ending its side', async () => {
  const asked: string[] = [];
  const { socket, accepted } = await sides();
  const connection = new Connection(accepted, async (method) => void asked.push(method));
  const gone = once(connection.gone, 'abort');
  socket.on('error', () => undefined);
  const frames = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.write(encodeRequest(0, 'hello', { protocol: 1, version: 'test' }));
  await frames.next();
  socket.write('no frame\n');
  expect((await frames.next()).value).toContain('not JSON');
  socket.write(encodeRequest(1, 'stop', { targets: ['all'] }));
  await gone;
  expect(asked).toEqual([]);
});
