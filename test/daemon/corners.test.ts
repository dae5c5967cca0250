import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { box, type Box } from '../box.ts';
import { standInBox } from './stand-in-box.ts';

const messageId = (): string => `${randomUUID().slice(0, -4)}0000`;

const runFolder = (own: Box, name: string): string => {
  const runs = join(own.home, 'agents', name, 'runs');
  return join(runs, readdirSync(runs).toSorted().at(-1) ?? '');
};

const daemonLog = (own: Box): string => readFileSync(join(own.home, 'daemon.log'), 'utf8');

test('of many messages that come at once for a queue that is nearly full, only those that are kept are confirmed', async () => {
  const fleet = standInBox(['ada'], {}, { enabled: false });
  await fleet.ok('start');
  const client = fleet.client();
  const confirmed = new Set<string>();
  const refused: unknown[] = [];
  const send = (): Promise<void> =>
    client.call('send', { agent: 'ada', text: 'x', id: messageId() }).then(
      ({ id }) => void confirmed.add(id),
      (error: unknown) => void refused.push(error),
    );
  for (let round = 0; round < 18; round += 1) await Promise.all(Array.from({ length: 60 }, send));
  const [ada] = await client.call('describe', { targets: ['ada'] });
  expect(new Set(ada?.messages.map(({ id }) => id))).toEqual(confirmed);
  expect(refused).toHaveLength(18 * 60 - confirmed.size);
  expect(refused[0]).toMatchObject({ code: 'refused' });
  // What is known already is confirmed again, also when nothing new has room.
  const [known = ''] = confirmed;
  expect(await client.call('send', { agent: 'ada', text: 'x', id: known })).toEqual({ id: known });
});

test('messages that wait are bounded in all, so that a daemon can always read back what it wrote', async () => {
  const fleet = standInBox(['ada', 'bob'], {}, { enabled: false });
  await fleet.ok('start');
  const client = fleet.client();
  const text = 'x'.repeat(4 * 1024 * 1024);
  const send = (agent: string): Promise<unknown> => client.call('send', { agent, text, id: messageId() });
  for (let sent = 0; sent < 8; sent += 1) await Promise.all([send('ada'), send('bob')]);
  await expect(send('ada')).rejects.toMatchObject({ code: 'refused' });
  expect((await fleet.rows()).map(({ queued }) => queued)).toEqual([8, 8]);
});

test('a stop is not reported as done when the agent was started again meanwhile', async () => {
  const script = { faults: [{ do: { ignoreTerm: true } }] };
  const fleet = standInBox(['ada'], script, { stop: { killTimeout: '1s' } });
  await fleet.ok('start');
  const stop = fleet.av('stop', 'ada');
  await fleet.until('ada', ({ desired }) => desired === 'down');
  await fleet.ok('start', 'ada');
  const { code, stderr } = await stop;
  expect(code).toBe(1);
  expect(stderr).toContain('it was started meanwhile');
});

test('a name that every JavaScript object has is refused in a file, unknown elsewhere, and harms nobody', async () => {
  const own = box();
  own.write({ agents: [{ name: 'constructor', mode: 'command', command: ['sleep', '3600'] }] });
  expect(await own.av('start')).toMatchObject({ code: 2, stdout: '' });
  const daemon = own.daemonPid();
  expect((await own.av('send', 'constructor', 'hello')).code).toBe(4);
  expect((await own.av('history', 'toString')).code).toBe(4);
  expect(JSON.parse(await own.ok('ping', '--json'))).toMatchObject({ pid: daemon });
});

test('a secret of any form that an agent quotes in an error stands in no file of the state and in no answer', async () => {
  const secret = 'plain-words-nobody-would-guess';
  const script = { faults: [{ do: { api: '401' as const, message: `refused: ${secret}` } }] };
  const fleet = standInBox(['ada'], script, { envPass: ['PASSED'] });
  const started = await fleet.avWith({ env: { PASSED: secret } }, 'start');
  expect(started).toMatchObject({ code: 0 });
  await fleet.ok('send', 'ada', 'hello');
  await fleet.until('ada', ({ incident }) => incident !== null);
  const shown = [await fleet.ok('incidents', '--json'), await fleet.ok('history', 'ada', '--json')].join('');
  expect(shown).toContain('refused: [redacted]');
  expect(shown).not.toContain(secret);
  const state = join(fleet.home, 'state');
  const files = readdirSync(state).map((name) => join(state, name));
  expect(files.filter((path) => readFileSync(path, 'utf8').includes(secret))).toEqual([]);
  expect(files.filter((path) => (statSync(path).mode & 0o077) !== 0)).toEqual([]);
});

test('whoever puts something else in the place of a run folder does not end the daemon', async () => {
  const fleet = standInBox(['ada']);
  await fleet.ok('start');
  const daemon = fleet.daemonPid();
  const folder = runFolder(fleet, 'ada');
  renameSync(folder, `${folder}.away`);
  writeFileSync(folder, '');
  await expect.poll(() => daemonLog(fleet), { timeout: 10_000 }).toContain('files of ada');
  expect(JSON.parse(await fleet.ok('ping', '--json'))).toMatchObject({ pid: daemon });
});

test('a message that could not be written for a reason of the files is tried again', async () => {
  const fleet = standInBox(['ada']);
  await fleet.ok('start');
  const stdin = join(runFolder(fleet, 'ada'), 'stdin');
  renameSync(stdin, `${stdin}.away`);
  writeFileSync(stdin, '');
  const answer = fleet.ok('send', 'ada', 'patience', '--wait');
  await expect.poll(() => daemonLog(fleet), { timeout: 10_000 }).toContain('input of ada');
  renameSync(`${stdin}.away`, stdin);
  expect(await answer).toBe('answer to: patience\n');
});
