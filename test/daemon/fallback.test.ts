import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventRow } from '../../src/protocol/rows.ts';
import { STAND_IN, standInBox, type StandInBox } from './stand-in-box.ts';

const MARK = 'm4rkedT0ken';
const own = `sk-ant-oat01-${MARK.padEnd(91, 'o')}AAAA`;
const spare = `sk-ant-oat01-${MARK.padEnd(91, 's')}BBBB`;
const fresh = `sk-ant-oat01-${MARK.padEnd(91, 'f')}CCCC`;

/** Two agents on a token in a file that is refused, with a second one that costs money. */
function boxWithSpare(ceilingUsd: number): StandInBox & { readonly notices: () => readonly Record<string, unknown>[] } {
  const fleet = standInBox(['ada', 'bob'], {
    faults: [{ when: { token: 'AAAA', contains: 'question' }, do: { api: '403revoked' } }],
  });
  const told = join(fleet.dir, 'told');
  for (const [name, token] of Object.entries({ own, spare })) {
    writeFileSync(join(fleet.dir, name), `${token}\n`, { mode: 0o600 });
  }
  fleet.write({
    credentials: {
      own: { type: 'oauth-token', from: { file: './own' } },
      spare: { type: 'oauth-token', from: { file: './spare' }, billable: true, ceilingUsd },
    },
    notify: [{ command: ['/bin/sh', '-c', `cat >>'${told}'`] }],
    defaults: {
      credential: ['own', 'spare'],
      claude: { bin: STAND_IN },
      env: { STAND_IN_SCRIPT: join(fleet.dir, 'script.json'), STAND_IN_SPEED: '20' },
      auth: { quiet: { min: '1s', max: '2s', longMax: '2s' } },
    },
    agents: [
      { name: 'ada', cwd: './ada' },
      { name: 'bob', cwd: './bob' },
    ],
  });
  const notices = (): readonly Record<string, unknown>[] =>
    readFileSync(told, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...fleet, notices };
}

test('agents with a dead token work on the next credential, people are told, and a rotation brings them back; no token is written down', async () => {
  const fleet = boxWithSpare(1_000);
  await fleet.ok('start');
  const [ada, bob] = await Promise.all(
    ['ada', 'bob'].map((name) => fleet.av('send', name, `question of ${name}`, '--wait')),
  );
  expect([ada?.code, bob?.code]).toEqual([0, 0]);
  expect((await fleet.rows()).map(({ credential }) => credential?.name)).toEqual(['spare', 'spare']);
  await expect
    .poll(() => fleet.notices().map(({ text }) => text), { timeout: 10_000 })
    .toContainEqual(
      expect.stringMatching(
        /works on 'spare' while 'own' is in trouble \(which costs money, has cost [\d.]+ USD so far and may cost 1000 USD\)/,
      ),
    );
  const rotated = await fleet.avWith({ input: fresh }, 'rotate', 'own', '--from', '-', '--yes');
  expect(rotated, rotated.stdout).toMatchObject({ code: 0 });
  for (const name of ['ada', 'bob']) await fleet.until(name, ({ credential }) => credential?.name === 'own');
  expect(await fleet.av('send', 'ada', 'another question', '--wait')).toMatchObject({ code: 0 });
  await expect
    .poll(() => fleet.notices().map(({ text }) => text), { timeout: 10_000 })
    .toContainEqual(expect.stringContaining("'own' answers"));

  const shown: string[] = [rotated.stdout, rotated.stderr, ...fleet.notices().map((notice) => JSON.stringify(notice))];
  for (const args of [
    ['auth', '--json'],
    ['auth'],
    ['list', '--json'],
    ['describe', 'all'],
    ['incidents', '--json'],
    ['events'],
    ['logs', 'ada'],
    ['doctor', '--json'],
    ['explain', 'all'],
  ]) {
    const { stdout, stderr } = await fleet.av(...args);
    shown.push(stdout, stderr);
  }
  const events: EventRow[] = await fleet
    .client()
    .call('events', { lines: 10_000 })
    .then((rows) => [...rows]);
  expect(
    [...shown, JSON.stringify(events), ...textsBelow(fleet.home), ...commandLines()].filter((text) =>
      text.includes(MARK),
    ),
  ).toEqual([]);
});

test("a credential in another one's place is left at its ceiling", async () => {
  const fleet = boxWithSpare(0.000_001);
  await fleet.ok('start');
  expect(await fleet.av('send', 'ada', 'question', '--wait')).toMatchObject({ code: 0 });
  await fleet.until('ada', ({ credential }) => credential?.name === 'own');
  expect((await fleet.event(({ detail }) => detail.includes("'spare' has cost what it may"))).agent).toBe('ada');
  await fleet.av('send', 'ada', 'another question');
  const held = await fleet.until('ada', ({ health }) => health === 'held');
  expect(held).toMatchObject({ credential: { name: 'own' }, queued: 1 });
});

const textsBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'));

const commandLines = (): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        // It ended meanwhile.
        return '';
      }
    });
