import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { OutboxLimits } from '../../src/daemon/outbox/limits.ts';
import { contentsOf } from '../../src/daemon/outbox/lines.ts';
import { Outbox } from '../../src/daemon/outbox/outbox.ts';
import { sweeper } from '../../src/daemon/process/sweep.ts';
import { readLines } from '../../src/home/ndjson.ts';
import { outboxFile } from '../../src/home/paths.ts';
import { identity } from '../../src/home/process-identity.ts';
import { wall } from '../../src/kernel/moment.ts';
import type { Notice } from '../../src/kernel/notices.ts';
import { bearersUnder } from '../box.ts';
import { temporaryFolder } from '../cli/folder.ts';

/** The compiled program, as a daemon runs it. */
export const DELIVER = fileURLToPath(new URL('../../dist/daemon/outbox/deliver.js', import.meta.url));

export type Arrived = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };

export type Receiver = {
  readonly url: string;
  readonly arrived: readonly Arrived[];
  /** The ids of the notices that came to a path, in their order. */
  ids(path: string): string[];
};

/** What it does with the n-th request, counted from 0. */
type Answer = (n: number, path: string, response: ServerResponse) => void;

export const status =
  (code: number): Answer =>
  (_, __, response) =>
    void response.writeHead(code).end();

/** A real server on the loopback that counts what arrives. */
export async function receiver(answer: Answer = status(200), port = 0): Promise<Receiver> {
  const arrived: Arrived[] = [];
  const server = createServer((request, response) => {
    void take(request, response);
  });
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url: path = '', headers } = request;
    answer(arrived.push({ path, headers, body: await text(request) }) - 1, path, response);
  };
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    ids: (path) =>
      arrived.filter((each) => each.path === path).map(({ body }) => (JSON.parse(body) as { id: string }).id),
  };
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  await new Promise((refused) => connect(port, '127.0.0.1').on('error', refused));
  return port;
}

export const notice = (id: string, more: Partial<Notice> = {}): Notice => ({
  id,
  kind: 'opened',
  at: wall(Date.UTC(2026, 10, 20, 10, 16, 20)),
  incident: 'i5',
  scope: 'session',
  cause: 'auth-session',
  agents: ['bob'],
  text: 'bob was rejected and is restarted.',
  receipt: null,
  ...more,
});

export type OutboxScene = {
  readonly home: string;
  readonly complaints: string[];
  /** Appends what it reads to the file; gives the command. */
  appendTo(file: string): readonly string[];
  lines(file: string): string[];
  open(limits?: Partial<OutboxLimits>, secrets?: readonly string[]): Outbox;
  /** Everything in the outbox has its end. */
  isEmpty(): boolean;
};

/** A home with an outbox; when the test ends it is checked that none of its processes is left. */
export function outboxScene(): OutboxScene {
  const home = temporaryFolder();
  const complaints: string[] = [];
  const opened: Outbox[] = [];
  onTestFinished(async () => {
    for (const outbox of opened) await outbox.close();
    const left = bearersUnder(home);
    left.forEach((pid) => process.kill(pid, 'SIGKILL'));
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    expect(left).toEqual([]);
  });
  return {
    home,
    complaints,
    appendTo: (file) => ['/bin/sh', '-c', 'cat >>"$0"', join(home, file)],
    lines: (file) => fileLines(join(home, file)),
    open: (limits = {}, secrets = []) => {
      const outbox = new Outbox({
        home,
        boot: identity.bootId(),
        identity,
        sweeper,
        secrets: () => secrets,
        complain: (what, error) => complaints.push(`${what}: ${String(error)}`),
        limits: { retryMsMin: 10, retryMsMax: 40, ...limits },
        program: DELIVER,
      });
      opened.push(outbox);
      return outbox;
    },
    isEmpty: () => waitingIn(home) === 0,
  };
}

/** Looks until it holds; the test's time limit bounds it. Not all the time, or those who are waited for come to nothing. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5);
}

/** How many deliveries the file says are to be made still. */
export const waitingIn = (home: string): number => contentsOf(readLines(outboxFile(home)).values).waiting.size;

export const fileLines = (path: string): string[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
