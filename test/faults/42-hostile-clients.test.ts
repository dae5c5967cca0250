import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REQUESTS_MAX, UNREAD_BYTES_LIMIT, UNREAD_BYTES_MAX } from '../../src/daemon/connection.ts';
import { CLIENTS_MAX } from '../../src/daemon/door.ts';
import { encodeRequest, REQUEST_BYTES_MAX } from '../../src/protocol/frames.ts';
import { forAllSlowly } from '../kernel/replay.ts';
import { hostileScene, type HostileScene } from './hostile-scene.ts';
import { rssOf, type RawClient } from './raw-client.ts';
import { METHODS_WITH_PARAMS, wrongParams } from './wrong-params.ts';

const SLOW = { timeout: 120_000 };
/** As many as random histories: more are asked for by the same variable. */
const TRIES = Number(process.env['KERNEL_HISTORIES'] ?? 1_000);

const HELLO = encodeRequest('hello', 'hello', { protocol: 1, version: 'test' });
const deep = (levels: number): string => `${'[{"a":'.repeat(levels)}1${'}]'.repeat(levels)}`;

/** What is no request, and the number of JSON-RPC that is told for it. */
const GARBAGE: Readonly<Record<string, { readonly bytes: () => string | Uint8Array; readonly number: number }>> = {
  'a browser': { bytes: () => 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', number: -32_700 },
  'random bytes': { bytes: () => Buffer.concat([randomBytes(100_000), Buffer.from('\n')]), number: -32_700 },
  'bytes that are no UTF-8': { bytes: () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d, 0x0a]), number: -32_700 },
  'a NUL': { bytes: () => '\0\n', number: -32_700 },
  'half of a JSON text': { bytes: () => '{"jsonrpc":"2.0","id":1,\n', number: -32_700 },
  'a batch': { bytes: () => '[{"jsonrpc":"2.0","id":1,"method":"list"}]\n', number: -32_600 },
  'an answer': { bytes: () => '{"jsonrpc":"2.0","id":1,"result":[]}\n', number: -32_600 },
  'a frame beyond the bound': { bytes: () => `${'x'.repeat(REQUEST_BYTES_MAX + 1)}\n`, number: -32_600 },
  'a frame beyond the bound that never ends': { bytes: () => 'x'.repeat(REQUEST_BYTES_MAX * 2), number: -32_600 },
  'lists in lists': { bytes: () => `${'['.repeat(REQUEST_BYTES_MAX)}\n`, number: -32_600 },
  'objects in lists in objects': {
    bytes: () => `{"jsonrpc":"2.0","id":1,"method":"list","params":${deep(100_000)}}\n`,
    number: -32_600,
  },
  'millions of lists': {
    bytes: () => `{"jsonrpc":"2.0","id":1,"method":"list","params":[${'[],'.repeat(2_000_000)}[]]}\n`,
    number: -32_600,
  },
};

/** Each is told what is wrong with it, and then let go. */
async function throwGarbage(scene: HostileScene): Promise<void> {
  for (const [what, { bytes, number }] of Object.entries(GARBAGE)) {
    const client = await scene.client();
    await client.write(HELLO);
    void client.write(bytes());
    await client.closed;
    const told = client.heard.at(-1);
    expect(told, what).toMatchObject({ error: { code: number } });
  }
}

test('garbage is answered once, with what is wrong, and the daemon is as before', SLOW, async () => {
  const scene = await hostileScene(throwGarbage);
  for (let round = 0; round < 5; round += 1) await throwGarbage(scene);
  await scene.survived();
});

/** Every name that an object has by birth. */
const BORN_WITH = [...Object.getOwnPropertyNames(Object.prototype), 'prototype'];

describe('a request that cannot be served', () => {
  test('for its types, in any param of any method, is refused with the place', SLOW, async () => {
    const scene = await hostileScene(async (each) => {
      const client = await each.greeted();
      for (let n = 0; n < 50; n += 1) await each.ask(client, `w${n}`, 'wait', { targets: 7 });
    });
    const client = await scene.greeted();
    let n = 0;
    const property = fc.asyncProperty(wrongParams, async ({ method, path, params }) => {
      const { error } = (await scene.ask(client, `p${(n += 1)}`, method, params)) as { error?: { message: string } };
      // A list is wrong for what is in it.
      expect(error?.message ?? 'taken').toContain(`${method}: ${path}`);
      expect(error).toMatchObject({ code: -32_000, data: { code: 'usage' } });
    });
    await forAllSlowly(property, TRIES);
    expect(METHODS_WITH_PARAMS.size).toBeGreaterThan(20);
    await scene.survived();
  });

  test('for its name, though every object has it, is unknown', SLOW, async () => {
    const attack = async (scene: HostileScene): Promise<void> => {
      const client = await scene.greeted();
      for (const name of [...BORN_WITH, '', ' ', 'List', 'hello '].filter((each) => each !== '')) {
        const told = await scene.ask(client, `m-${name}`, name, {});
        expect(told, name).toMatchObject({ error: { message: expect.stringContaining('There is no method') } });
      }
      for (const name of [...BORN_WITH, '..', '../../etc', 'a/b', '\0', '?'.repeat(1_000), 'x'.repeat(100_000)]) {
        for (const [method, params] of Object.entries(naming(name))) {
          const told = await scene.ask(client, `${method}-${name.slice(0, 20)}`, method, params);
          const message = (told['error'] as { message?: string } | undefined)?.message ?? 'taken';
          expect(message, `${method} of ${JSON.stringify(name.slice(0, 40))}`).toMatch(
            /No agent is called|no credential|[Ii]s called|cannot be the name/,
          );
        }
      }
    };
    const scene = await hostileScene(attack);
    await attack(scene);
    await scene.survived();
  });
});

/** Every method that takes a name, with this one. */
const naming = (name: string): Readonly<Record<string, unknown>> => ({
  describe: { targets: [name] },
  start: { targets: [name] },
  stop: { targets: [name] },
  restart: { targets: [name], how: 'now', reason: null },
  pause: { targets: [name], paused: true },
  reset: { targets: [name] },
  delete: { targets: [name] },
  flush: { targets: [name] },
  explain: { targets: [name] },
  wait: { targets: [name], for: 'up', timeoutMs: 1 },
  send: { agent: name, text: 'x', id: '00000000-0000-0000-0000-000000000000' },
  outcome: { agent: name, id: '00000000-0000-0000-0000-000000000000' },
  history: { agent: name },
  auth: { targets: [name] },
  rotate: { credential: name, secret: 'x'.repeat(40) },
  'undo-rotation': { credential: name },
  rotation: { credential: name, seen: 0 },
});

test('a frame may come in however small pieces, and an id twice', SLOW, async () => {
  const request = encodeRequest('cut', 'describe', { targets: ['ada'] });
  const attack = async (scene: HostileScene): Promise<void> => {
    const client = await scene.client();
    for (const byte of Buffer.from(HELLO + request)) await client.write(Buffer.from([byte]));
    expect(await client.answer('cut')).toMatchObject({ result: [{ agent: { name: 'ada' } }] });
    // At every byte once.
    for (let at = 1; at < request.length; at += 1) {
      const cut = request.replace('cut', `c${at}`);
      await client.write(cut.slice(0, at));
      await client.write(cut.slice(at));
      expect(await client.answer(`c${at}`)).toMatchObject({ result: [{ agent: { name: 'ada' } }] });
    }
    await client.write(encodeRequest('twice', 'ping', {}) + encodeRequest('twice', 'status', {}));
    await expect.poll(() => client.heard.filter(({ id }) => id === 'twice')).toHaveLength(2);
  };
  const scene = await hostileScene(attack);
  await attack(scene);
  await scene.survived();
});

test('half a frame, and a side that is closed or never greets, hold up nobody', SLOW, async () => {
  const attack = async (scene: HostileScene): Promise<void> => {
    const clients = await Promise.all(Array.from({ length: 60 }, () => scene.client()));
    await Promise.all(
      clients.map(async (client, index) => {
        if (index % 3 === 0) return;
        await client.write(`${HELLO}{"jsonrpc":"2.0","id":1,"method":"list","par`);
        if (index % 3 === 1) client.socket.end();
      }),
    );
    const other = await scene.greeted();
    expect(await scene.ask(other, 'l', 'list', { targets: [] })).toMatchObject({
      result: [{ name: 'ada' }, { name: 'bob' }],
    });
  };
  const scene = await hostileScene(attack);
  await attack(scene);
  await scene.survived();
});

test('before hello nothing is served, whatever the method', SLOW, async () => {
  const attack = async (scene: HostileScene): Promise<void> => {
    const client = await scene.client();
    for (const method of [...METHODS_WITH_PARAMS, 'ping', 'status', 'subscribe', 'board', 'save']) {
      const told = await scene.ask(client, `b-${method}`, method, { targets: ['all'], agents: true });
      expect(told, method).toMatchObject({ error: { message: expect.stringContaining('is hello') } });
    }
  };
  const scene = await hostileScene(attack);
  await attack(scene);
  await scene.survived();
});

test('of 300 clients the first 256 are served and the others told; then there is room again', SLOW, async () => {
  const attack = async (scene: HostileScene): Promise<void> => {
    const clients: RawClient[] = [];
    for (let n = 0; n < 300; n += 1) clients.push(await scene.client());
    await Promise.all(clients.map((client) => client.write(HELLO)));
    const firsts = clients.slice(0, CLIENTS_MAX);
    for (const client of firsts) expect(await client.answer('hello')).toMatchObject({ result: { pid: scene.pid } });
    for (const client of clients.slice(CLIENTS_MAX)) {
      await client.closed;
      expect(client.heard).toMatchObject([{ id: null, error: { message: expect.stringContaining('256 clients') } }]);
    }
    const cli = await scene.own.av('list');
    expect(cli).toMatchObject({ code: 9, stderr: expect.stringContaining('256 clients are connected') });
    await Promise.all(firsts.map((client) => scene.ask(client, 'p', 'ping', {})));
    for (const { socket } of firsts) socket.destroy();
    await expect.poll(async () => (await scene.own.av('ping')).code).toBe(0);
  };
  const scene = await hostileScene(attack);
  await attack(scene);
  await scene.survived();
});

test('more than 64 requests at a time of one client are refused, and hold up nobody else', SLOW, async () => {
  const attack = async (scene: HostileScene): Promise<void> => {
    const client = await scene.greeted();
    const wait = { targets: ['all'], for: 'down', timeoutMs: 3_600_000 };
    const frames = Array.from({ length: 200 }, (_, n) => encodeRequest(`w${n}`, 'wait', wait));
    await client.write(frames.join(''));
    await expect.poll(() => client.heard.length).toBe(200 - REQUESTS_MAX + 1);
    for (const told of client.heard.slice(1))
      expect(told).toMatchObject({
        error: { data: { code: 'refused' }, message: expect.stringContaining('64 requests') },
      });
    const other = await scene.greeted();
    expect(await scene.ask(other, 'p', 'ping', {})).toMatchObject({ result: { pid: scene.pid } });
  };
  const scene = await hostileScene(attack);
  await attack(scene);
  await scene.survived();
});

test('who asks and never reads is let go before 16 MB wait for it', SLOW, async () => {
  const attack = async (scene: HostileScene): Promise<void> => {
    const before = rssOf(scene.pid);
    const client = await scene.client({ reads: false });
    await client.write(HELLO);
    let asked = 0;
    while (!client.socket.destroyed) {
      const frames = Array.from({ length: 32 }, () => encodeRequest((asked += 1), 'describe', { targets: ['all'] }));
      await client.write(frames.join(''));
      // Its answers are far larger than its requests.
      expect(asked).toBeLessThan(200_000);
    }
    expect(rssOf(scene.pid) - before).toBeLessThan(6 * UNREAD_BYTES_LIMIT);
  };
  const scene = await hostileScene(attack);
  await attack(scene);
  await scene.survived();
});

const MANY = Array.from({ length: 20 }, (_, index) => `agent-${index}-${'x'.repeat(40)}`);

test(
  'who follows and does not read misses what is beyond a megabyte, is told how much, and costs no more',
  SLOW,
  async () => {
    let missed = 0;
    const attack = async (scene: HostileScene): Promise<void> => {
      const slow = await scene.greeted();
      await scene.ask(slow, 's', 'subscribe', {});
      slow.socket.pause();
      const before = rssOf(scene.pid);
      const busy = await scene.greeted();
      for (let n = 0; n < 60; n += 1) {
        await Promise.all(
          [true, false].map((paused) => scene.ask(busy, `${n}${paused}`, 'pause', { targets: ['all'], paused })),
        );
      }
      expect(rssOf(scene.pid) - before).toBeLessThan(32 * UNREAD_BYTES_MAX);
      slow.socket.resume();
      await expect
        .poll(() => slow.heard.filter(({ method }) => method === 'dropped'), { timeout: 10_000 })
        .not.toEqual([]);
      const told = slow.heard.find(({ method }) => method === 'dropped') as { params: { count: number } };
      missed = told.params.count;
      // It follows again.
      const seen = slow.heard.length;
      await scene.ask(busy, 'again', 'pause', { targets: [MANY[0]], paused: true });
      await scene.ask(busy, 'back', 'pause', { targets: [MANY[0]], paused: false });
      await expect.poll(() => slow.heard.length).toBeGreaterThan(seen);
    };
    const scene = await hostileScene(attack, MANY);
    await attack(scene);
    expect(missed).toBeGreaterThan(0);
    await scene.survived();
  },
);

test('what nobody has looked at does not come into the state', SLOW, async () => {
  const scene = await hostileScene(async () => undefined);
  const file = join(scene.own.home, 'state', 'journal.ndjson');
  const declared = entriesOf(file)
    .map(({ event }) => event)
    .find(({ type }) => type === 'declared') as unknown as { spec: object };
  const spec = { ...declared.spec, name: 'eve', enabled: false, junk: 'ballast', log: { ...LOG, junk: ['ballast'] } };
  const client = await scene.greeted();
  const params = { file: 'f', agents: [spec], credentials: [], notify: [], environment: {}, secrets: {}, prune: false };
  expect(await scene.ask(client, 'a', 'apply', { ...params, junk: 'ballast' })).toMatchObject({
    result: [{ ok: true }],
  });
  expect(readFileSync(file, 'utf8')).toContain('"eve"');
  expect(readFileSync(file, 'utf8')).not.toContain('ballast');
  expect(await scene.ask(client, 'd', 'delete', { targets: ['eve'] })).toMatchObject({ result: [{ ok: true }] });
  await scene.survived();
});

const LOG = { sizeBytesMax: 1e6, keep: 1, totalBytesMax: 1e7, onFull: 'block' };

const entriesOf = (file: string): readonly { readonly event: { readonly type: string } }[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { event: { type: string } });
