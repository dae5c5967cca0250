import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { box, TOKEN, type Box } from '../box.ts';
import { STAND_IN, standInBox } from './stand-in-box.ts';

type Told = { readonly id: string; readonly kind: string; readonly cause: string; readonly text: string };

const QUICK = { auth: { quiet: { min: '300ms', max: '600ms', longMax: '1s', jitter: 0 } } };

/** What the notices' command has been given so far. */
const told = ({ dir }: Box): readonly Told[] =>
  readFileSync(join(dir, 'told'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);

/** Agents that share a token in a file, and people who are told. The API knows of which token it wants to hear nothing. */
function sharedTokenBox(names: readonly string[], refused: string): Box & { readonly token: string } {
  const own = box();
  const script = join(own.dir, 'script.json');
  const token = join(own.dir, 'token');
  writeFileSync(token, `${TOKEN.slice(0, -4)}dead`, { mode: 0o600 });
  writeFileSync(join(own.dir, 'told'), '');
  writeFileSync(script, JSON.stringify({ faults: [{ when: { token: 'dead' }, do: { api: refused } }] }));
  own.write({
    credentials: { max: { type: 'oauth-token', from: { file: './token' } } },
    notify: [{ command: ['sh', '-c', `cat >> ${join(own.dir, 'told')}`] }],
    defaults: {
      credential: 'max',
      claude: { bin: STAND_IN },
      env: { STAND_IN_SCRIPT: script, STAND_IN_SPEED: '20' },
      ...QUICK,
    },
    agents: names.map((name) => ({ name, cwd: `./${name}` })),
  });
  return { ...own, token };
}

const FIVE = ['ada', 'bob', 'cyd', 'dan', 'eve'] as const;

test('a revoked token holds all its agents after one restart, a person is told once, and a new token brings all back', async () => {
  const fleet = sharedTokenBox(FIVE, '403revoked');
  await fleet.ok('start');
  const answers = FIVE.map((name) => fleet.ok('send', name, `hello ${name}`, '--wait'));
  await Promise.all(FIVE.map((name) => fleet.until(name, ({ health }) => health === 'held')));
  const [incident, ...others] = await fleet.incidents();
  expect(others).toEqual([]);
  expect(incident).toMatchObject({ scope: 'credential', cause: 'auth-credential', key: 'max', closedAt: null });
  expect(incident?.attempts.map(({ canary, outcome }) => [canary, outcome])).toEqual([[true, 'failed']]);
  await vi.waitUntil(() => told(fleet).length > 0);
  writeFileSync(fleet.token, TOKEN);
  expect(await Promise.all(answers)).toEqual(FIVE.map((name) => `answer to: hello ${name}\n`));
  const [closed] = await fleet.incidents();
  expect(closed?.closedAt).not.toBeNull();
  const back = closed?.attempts.slice(1) ?? [];
  expect(back.map(({ canary }) => canary)).toEqual([true, false, false, false, false]);
  expect((await fleet.rows()).every(({ restarts }) => restarts <= 2)).toBe(true);
  await vi.waitUntil(() => told(fleet).some(({ kind }) => kind === 'closed'));
  expect(told(fleet).map(({ kind, cause }) => [kind, cause])).toEqual([
    ['attention', 'auth-credential'],
    ['closed', 'auth-credential'],
  ]);
  expect(readFileSync(join(fleet.dir, 'told'), 'utf8')).not.toContain(TOKEN.slice(0, 40));
});

test('a rejected session is told when it opens and when it is over, with the receipt', async () => {
  const fleet = sharedTokenBox(['ada'], '401');
  await fleet.ok('start');
  const answer = fleet.ok('send', 'ada', 'hello', '--wait');
  await vi.waitUntil(() => told(fleet).length > 0);
  writeFileSync(fleet.token, TOKEN);
  expect(await answer).toBe('answer to: hello\n');
  await vi.waitUntil(() => told(fleet).length > 1);
  expect(told(fleet)).toMatchObject([
    { kind: 'opened', receipt: null },
    { kind: 'closed', receipt: { agent: 'ada' } },
  ]);
});

test('an agent that was idle for long is renewed before its next message, which the new process answers', async () => {
  const fleet = standInBox(['ada'], {}, { idleWake: { after: '1ms' } });
  await fleet.ok('start');
  expect(await fleet.ok('send', 'ada', 'one', '--wait')).toBe('answer to: one\n');
  const before = await fleet.row('ada');
  expect(await fleet.ok('send', 'ada', 'two', '--wait')).toBe('answer to: two\n');
  const after = await fleet.row('ada');
  expect(after).toMatchObject({ restartsByCause: { 'idle-wake': 1 }, sessionId: before.sessionId, auth401s: 0 });
  expect(await fleet.incidents()).toEqual([]);
});

test('an agent that is to be renewed when it is idle is renewed without a message, and only once', async () => {
  const fleet = standInBox(['ada'], {}, { idleWake: { after: '200ms', when: 'when-idle' } });
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'one', '--wait');
  await fleet.until('ada', ({ restarts, state }) => restarts === 1 && state === 'running');
  await fleet.ok('stop', 'ada');
  expect(await fleet.row('ada')).toMatchObject({ restartsByCause: { 'idle-wake': 1 } });
});

test('an agent that falls silent in a turn is renewed and asked again', async () => {
  const script = { faults: [{ when: { process: 1 }, do: { api: 'hang' as const } }] };
  const fleet = standInBox(['ada'], script, { watch: { turnSilence: '500ms' }, stop: { interruptTimeout: '200ms' } });
  await fleet.ok('start');
  expect(await fleet.ok('send', 'ada', 'anybody?', '--wait')).toBe('answer to: anybody?\n');
  const [incident] = await fleet.incidents();
  expect(incident).toMatchObject({ scope: 'session', cause: 'hang-in-turn', receipt: { agent: 'ada' } });
});

test('an agent that is deaf after a result is renewed and asked again', async () => {
  const script = { faults: [{ when: { process: 1, turn: 1 }, do: { hang: 'afterResult' as const } }] };
  const watch = { watch: { afterResult: '500ms' }, stop: { killTimeout: '200ms', interruptTimeout: '200ms' } };
  const fleet = standInBox(['ada'], script, watch);
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'one', '--wait');
  expect(await fleet.ok('send', 'ada', 'two', '--wait')).toBe('answer to: two\n');
  const [incident] = await fleet.incidents();
  expect(incident).toMatchObject({ scope: 'session', cause: 'hang-after-result', receipt: { agent: 'ada' } });
});
