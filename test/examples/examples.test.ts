import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { setUp } from './set-up.ts';

test('one-agent: it starts without a credential and answers', async () => {
  const { here } = setUp('one-agent');
  expect((await here('validate')).stdout).toMatch(/1 agent, no problems\n$/);
  expect((await here('start', './ecosystem.ts')).stdout).toBe('helper new\n');
  expect((await here('send', 'helper', 'Which files are here?', '--wait')).stdout).toBe(
    'answer to: Which files are here?\n',
  );
  expect((await here('explain', 'helper')).stdout).toMatch(/^helper is up and healthy\./);
});

test('team-on-one-token: three agents with three folders sign in with the one token and answer', async () => {
  const { folder, here, rows } = setUp('team-on-one-token');
  writeFileSync(join(folder, 'token'), `sk-ant-oat01-${'0'.repeat(95)}\n`, { mode: 0o600 });
  const told = /^agentvisor: note: credential team: nobody has said when it was made; [^\n]+\n$/;
  expect((await here('start', './ecosystem.ts')).stderr).toMatch(told);
  expect((await here('start', './ecosystem.ts')).stderr).toBe('');
  await Promise.all(
    ['planner', 'builder', 'reviewer'].map(async (name) => {
      expect((await here('send', name, 'hello', '--wait')).stdout).toBe('answer to: hello\n');
    }),
  );
  const agents = await rows();
  expect(agents.map(({ name, health, tier }) => [name, health, tier])).toEqual([
    ['planner', 'healthy', 'opus'],
    ['builder', 'healthy', 'sonnet'],
    ['reviewer', 'healthy', 'sonnet'],
  ]);
  expect(new Set(agents.map(({ credential }) => credential?.fingerprint)).size).toBe(1);
  expect((await here('reload', 'namespace:team', '--reason', 'new token')).stdout.split('\n')).toHaveLength(4);
});

test('wrap-a-command: a worker that hangs is ended by its guard and started again', async () => {
  const { folder, here, until } = setUp('wrap-a-command');
  await here('start', './ecosystem.ts');
  const heartbeat = (): string => readFileSync(join(folder, 'heartbeat'), 'utf8');
  await expect.poll(heartbeat, { timeout: 10_000 }).toMatch(/^\d+$/);
  const first = heartbeat();
  const { run } = await until('worker', ({ state }) => state === 'running');
  process.kill(Number(first), 'SIGSTOP');
  const renewed = await until('worker', (row) => row.state === 'running' && row.run !== run);
  expect(renewed.restartsByCause).toEqual({ crash: 1 });
  await expect.poll(heartbeat, { timeout: 10_000 }).not.toBe(first);
  expect((await here('logs', 'worker', '--run', run ?? '')).stdout).toContain('guard: the check failed three times');
});

/** The second message of a conversation is rejected; the next process is fine. */
const REJECTED = ['page-me', 'latch.json'] as const;

test('page-me: without an address a trouble and its end are two lines in a file', async () => {
  const { here, userHome } = setUp(...REJECTED);
  await here('start', './ecosystem.ts');
  await here('send', 'helper', 'hello', '--wait');
  expect((await here('send', 'helper', 'and now?', '--wait')).stdout).toBe('answer to: and now?\n');
  const lines = (): readonly string[] =>
    readFileSync(join(userHome, 'notices.txt'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
  await expect.poll(lines, { timeout: 10_000 }).toEqual(['opened', 'closed']);
});

test('page-me: with an address the text is pushed there, and once more when the push failed', async () => {
  const { here, userHome } = setUp(...REJECTED);
  const pushed: string[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    pushed.push(await text(request));
    response.writeHead(pushed.length === 1 ? 503 : 200).end();
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  onTestFinished(() => void server.close());
  await mkdir(join(userHome, '.config'));
  writeFileSync(join(userHome, '.config/page-me'), `http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  await here('start', './ecosystem.ts');
  await here('send', 'helper', 'hello', '--wait');
  await here('send', 'helper', 'and now?', '--wait');
  await expect.poll(() => pushed.length, { timeout: 15_000 }).toBe(3);
  expect(pushed.filter((body) => body.includes('helper (session): over.'))).toHaveLength(1);
  expect(new Set(pushed).size).toBe(2);
});
