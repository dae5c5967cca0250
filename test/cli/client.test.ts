import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ConnectionLost, openClient } from '../../src/client/client.ts';
import type { Client, ClientOptions } from '../../src/client/client.ts';
import { noSuchAgent } from '../../src/protocol/errors.ts';
import { encodeNotification, encodeResult } from '../../src/protocol/frames.ts';
import { HELLO, fakeDaemon } from './fake-daemon.ts';
import { temporaryFolder } from './folder.ts';

function open(home: string, options?: ClientOptions): Client {
  const client = openClient(home, options);
  onTestFinished(() => client.close());
  return client;
}

/** Answers with bytes of the test's choice as soon as anything arrives. */
async function rawServer(home: string, answer: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => undefined).once('data', () => answer(socket)));
  await new Promise<void>((resolve) => server.listen(join(home, 'daemon.sock'), resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
}

test('the handshake and the first request leave in one write', async () => {
  const home = temporaryFolder();
  const daemon = await fakeDaemon(home, (method) => (method === 'list' ? [] : undefined));
  const client = open(home);
  expect(await client.call('list', { targets: ['a'] })).toEqual([]);
  expect(daemon.requests.map(({ method }) => method)).toEqual(['hello', 'list']);
  expect(daemon.reads).toHaveLength(1);
  expect(client.daemon()).toEqual(HELLO);
});

test('calls in flight together each get their own answer', async () => {
  const home = temporaryFolder();
  await fakeDaemon(home, (method, params) => (method === 'history' ? [params['agent']] : undefined));
  const client = open(home);
  const agents = Array.from({ length: 20 }, (_, index) => `agent-${index}`);
  expect(await Promise.all(agents.map((agent) => client.call('history', { agent })))).toEqual(
    agents.map((agent) => [agent]),
  );
});

test('an error of the daemon arrives with its code', async () => {
  const home = temporaryFolder();
  await fakeDaemon(home, (method) => (method === 'history' ? noSuchAgent('x') : undefined));
  await expect(open(home).call('history', { agent: 'x' })).rejects.toMatchObject({
    code: 'no-such-agent',
    message: 'No agent is called x.',
  });
});

test('no home, no socket, or a socket that nobody listens on: the daemon is not running', async () => {
  const home = temporaryFolder();
  await expect(open(join(home, 'nowhere')).call('ping', {})).rejects.toMatchObject({ code: 'not-running' });
  await expect(open(home).call('ping', {})).rejects.toMatchObject({ code: 'not-running' });
  writeFileSync(join(home, 'daemon.sock'), '');
  await expect(open(home).call('ping', {})).rejects.toMatchObject({ code: 'not-running' });
});

/** With all of its threads, so that its files are closed. */
const isZombie = (pid: number): boolean =>
  readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ') && readdirSync(`/proc/${pid}/task`).length === 1;

test('a daemon that dies before it has let the client in was not running: nothing can have been done', async () => {
  const home = temporaryFolder();
  const deaf = `require('node:net').createServer().listen(process.argv[1], () => {
    require('node:fs').writeSync(1, 'listens');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  })`;
  const server = spawn(process.execPath, ['-e', deaf, join(home, 'daemon.sock')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(server.stdout, 'data');
  const client = open(home);
  server.kill('SIGKILL');
  // No turn of the event loop until it is dead: the client has not yet heard that it is connected.
  while (!isZombie(server.pid ?? 0));
  await expect(client.call('ping', {})).rejects.toMatchObject({ code: 'not-running' });
});

test('a daemon of another protocol is a version mismatch, whatever it answers behind it, and its pid is known', async () => {
  const home = temporaryFolder();
  await fakeDaemon(home, (method) => (method === 'hello' ? { ...HELLO, protocol: 99, version: '9.0.0' } : []));
  const client = open(home);
  await expect(client.call('list', { targets: [] })).rejects.toMatchObject({
    code: 'version-mismatch',
    message: expect.stringContaining('9.0.0'),
  });
  expect(client.daemon()?.pid).toBe(4242);
});

test('a daemon that accepts and stays silent is unreachable after the time limit, also for an act', async () => {
  const home = temporaryFolder();
  await rawServer(home, () => undefined);
  await expect(open(home, { answerMsMax: 50 }).call('stop', { targets: ['all'] })).rejects.toMatchObject({
    code: 'unreachable',
  });
});

test('an act is waited for longer than the time limit', async () => {
  const home = temporaryFolder();
  await fakeDaemon(home, (method, _, socket) => {
    if (method === 'stop') setTimeout(() => socket.write(encodeResult(2, [])), 150);
    return undefined;
  });
  expect(await open(home, { answerMsMax: 50 }).call('stop', { targets: ['all'] })).toEqual([]);
});

test('a connection that is lost under an act says that the act may have been done', async () => {
  const home = temporaryFolder();
  await fakeDaemon(home, (method, _, socket) => {
    if (method === 'stop') socket.destroy();
    return undefined;
  });
  const failure = open(home).call('stop', { targets: ['all'] });
  await expect(failure).rejects.toBeInstanceOf(ConnectionLost);
  await expect(failure).rejects.toMatchObject({
    code: 'unreachable',
    nextStep: expect.stringContaining('may have been done'),
  });
});

test('something else on the socket is told apart from a daemon', async () => {
  const home = temporaryFolder();
  await rawServer(home, (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await expect(open(home).call('ping', {})).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('our protocol'),
  });
});

test('a subscription gets its snapshot, then the notifications in order, and hears of the end', async () => {
  const home = temporaryFolder();
  await fakeDaemon(home, (method, _, socket) => {
    if (method !== 'subscribe') return undefined;
    socket.write(encodeResult(2, { agents: [], incidents: [] }));
    for (const name of ['a', 'b']) socket.write(encodeNotification('agent-removed', { name }));
    socket.end();
    return undefined;
  });
  const client = open(home);
  const seen: unknown[] = [];
  expect(await client.subscribe((notification) => seen.push(notification))).toEqual({ agents: [], incidents: [] });
  expect(await client.ended).toBeInstanceOf(ConnectionLost);
  expect(seen).toMatchObject([{ method: 'agent-removed', params: { name: 'a' } }, { params: { name: 'b' } }]);
});

test('a home that others can write is not spoken to', () => {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home);
  chmodSync(home, 0o777);
  expect(() => openClient(home)).toThrow(expect.objectContaining({ code: 'refused' }));
});
