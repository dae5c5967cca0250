import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import { encodeRequest } from '../../src/protocol/frames.ts';
import { box, type Box } from '../box.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { fleetOf, greeted, openFilesOf, rawClient, rssOf, type RawClient } from './raw-client.ts';

const COLLECTING = pathToFileURL(join(import.meta.dirname, 'collecting.mjs')).href;

/** A daemon without a keeper, agents with a secret, and what must be the same after every attack. */
export type HostileScene = {
  readonly own: Box;
  readonly pid: number;
  /** Whoever has its path; it is remembered what it heard. */
  client(options?: { readonly reads?: boolean }): Promise<RawClient>;
  greeted(): Promise<RawClient>;
  /** The daemon answers somebody else rightly, is as large as before, has changed nothing and told no secret. */
  survived(): Promise<void>;
  /** What one client is told of one request. */
  ask(client: RawClient, id: string, method: string, params: unknown): Promise<Readonly<Record<string, unknown>>>;
};

/** @param attack is made a few times before anything is measured: what it costs once may stay */
export async function hostileScene(
  attack: (scene: HostileScene) => Promise<void>,
  names: readonly string[] = ['ada', 'bob'],
): Promise<HostileScene> {
  const own = box();
  const secret = `m4rk${randomBytes(24).toString('hex')}`;
  own.write({
    credentials: { key: { type: 'api-key', from: { env: 'TEST_TOKEN' } } },
    defaults: { credential: 'key', mode: 'command', command: ['sleep', '1000'] },
    agents: names.map((name) => ({ name })),
  });
  const env = { TEST_TOKEN: secret, FAULT_FOLDER: own.dir, NODE_OPTIONS: `--import ${COLLECTING}` };
  const { pid } = await foregroundDaemon(own, { env });
  expect(await own.avWith({ env: { TEST_TOKEN: secret } }, 'start')).toMatchObject({ code: 0 });
  const clients: RawClient[] = [];
  const remembered = async (opening: Promise<RawClient>): Promise<RawClient> => {
    const client = await opening;
    clients.push(client);
    return client;
  };
  const before = await fleetOf(own);
  let baseline: { readonly rss: number; readonly files: number } | null = null;
  const scene: HostileScene = {
    own,
    pid,
    client: (options) => remembered(rawClient(own.home, options)),
    greeted: () => remembered(greeted(own.home)),
    ask: async (client, id, method, params) => {
      await client.write(encodeRequest(id, method, params));
      return client.answer(id);
    },
    survived: async () => {
      for (const { socket } of clients) socket.destroy();
      expect(await fleetOf(own)).toEqual(before);
      expect(own.daemonPid()).toBe(pid);
      expect(clients.filter(({ heard }) => JSON.stringify(heard).includes(secret.slice(0, 16)))).toEqual([]);
      clients.length = 0;
      if (baseline === null) return;
      const { rss, files } = baseline;
      await expect.poll(() => openFilesOf(pid), { timeout: 10_000 }).toBeLessThanOrEqual(files * 1.05);
      const now = await held(own, pid);
      if (now <= rss * 1.05) return;
      // How full the pages of an allocator are is chance. What leaks grows with every attack, what is chance does not.
      for (let round = 0; round < ROUNDS_AGAIN; round += 1) {
        await attack(scene);
        for (const { socket } of clients) socket.destroy();
      }
      await expect.poll(() => held(own, pid), { timeout: 20_000 }).toBeLessThanOrEqual(now * 1.05);
    },
  };
  let rss = 0;
  for (let round = 0; round < WARM_UPS; round += 1) {
    await attack(scene);
    await scene.survived();
    rss = Math.max(rss, await held(own, pid));
  }
  await expect.poll(() => openFilesOf(pid), { timeout: 10_000 }).toBeLessThan(64);
  baseline = { rss, files: openFilesOf(pid) };
  return scene;
}

const WARM_UPS = 3;
/** More than any test makes before it asks. */
const ROUNDS_AGAIN = 8;

/** What the daemon holds in memory when all of its garbage is collected. */
async function held(own: Box, pid: number): Promise<number> {
  const asked = join(own.dir, 'collect');
  writeFileSync(asked, '');
  await expect.poll(() => existsSync(asked), { timeout: 10_000 }).toBe(false);
  return rssOf(pid);
}
