import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { MISTAKES } from './mistakes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HISTORIES = 400;
/** Every mistake is found in far fewer, also from another seed on. */
const HISTORIES_MAX = 6_000;

type Played = {
  readonly played: number;
  readonly states: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly failed: { readonly seed: number; readonly failure: string; readonly moves: readonly number[] } | null;
};

/** A process of its own: it has another clock, disk and processes than a test may have. */
function simulate(...options: readonly string[]): Promise<Played> {
  const main = fileURLToPath(new URL('dist-sim/test/sim/main.js', `file://${ROOT}`));
  const child = spawn(process.execPath, [main, '--json', '--workers', '1', ...options], {
    stdio: ['ignore', 'pipe', 2],
  });
  const text: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => text.push(chunk));
  return new Promise((done, refuse) => {
    child.on('error', refuse);
    child.on('close', () => done(JSON.parse(Buffer.concat(text).toString()) as Played));
  });
}

beforeAll(() => {
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', `file://${ROOT}`));
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', 'test/sim/tsconfig.json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(status, stdout).toBe(0);
});

describe('the whole daemon on a simulated machine', () => {
  test('comes through what happens to it with every message answered once and every agent as it is wanted', async () => {
    const { played, failed, faults, states } = await simulate('--histories', String(HISTORIES), '--seed', '1');
    expect(failed).toBeNull();
    expect(played).toBe(HISTORIES);
    expect(states).toBeGreaterThan(1_000);
    // A simulator in which nothing goes wrong proves nothing.
    expect(Object.keys(faults).toSorted()).toEqual(
      expect.arrayContaining(['full-disk', 'kill-daemon', 'power-cut', 'sleep']),
    );
  }, 180_000);

  test('does the same again for the same seed', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => simulate('--histories', '40', '--seed', '7')));
    expect(one).toEqual(other);
  }, 60_000);

  test.each(MISTAKES)(
    'the simulator notices a product that would $name',
    async ({ name, seed }) => {
      const { failed } = await simulate(
        '--histories',
        String(HISTORIES_MAX),
        '--seed',
        String(seed),
        '--mistake',
        name,
      );
      expect(failed?.failure).toEqual(expect.any(String));
      const again = ['--seed', String(failed?.seed), '--histories', '1', '--mistake', name];
      expect((await simulate(...again)).failed).toEqual(failed);
    },
    180_000,
  );
});
