import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { box, type Box } from '../box.ts';
import type { EventRow } from '../../src/protocol/rows.ts';
import { standInBox } from './stand-in-box.ts';

/** No turn ends before the file `open` is there. */
const HELD_TURNS = { faults: [{ when: { untilFile: 'open' }, do: { api: 'hang' as const } }] };
const LATCH_FIRST_PROCESS = { faults: [{ when: { process: 1, turn: { from: 2 } }, do: { api: '401' as const } }] };

const open = (fleet: Box): void => writeFileSync(join(fleet.dir, 'open'), '');

async function story(fleet: Box, name: string): Promise<readonly string[]> {
  const events = JSON.parse(await fleet.ok('history', name, '--json')) as readonly EventRow[];
  return events.map(({ event }) => event);
}

const resultsOf = (fleet: Box, name: string): readonly string[] =>
  fleet.stdout(name).filter((line) => (JSON.parse(line) as { type: string }).type === 'result');

test('reload waits for the end of the turn, which is answered once by the old process, and answers from a new one', async () => {
  const fleet = standInBox(['ada'], HELD_TURNS);
  await fleet.ok('start');
  const before = await fleet.row('ada');
  const answer = fleet.ok('send', 'ada', 'a long one', '--wait');
  await fleet.until('ada', ({ inTurn }) => inTurn);
  const client = fleet.client();
  await client.call('ping', {});
  const reload = client.call('restart', { targets: ['ada'], how: 'after-turn', reason: 'a test' });
  expect(await fleet.row('ada')).toMatchObject({ pid: before.pid, inTurn: true, state: 'running' });
  open(fleet);
  expect(await answer).toBe('answer to: a long one\n');
  expect(await reload).toEqual([{ name: 'ada', ok: true, change: 'reloaded', cause: null, detail: '' }]);
  const after = await fleet.row('ada');
  expect(after).toMatchObject({ state: 'running', sessionId: before.sessionId });
  expect(after.pid).not.toBe(before.pid);
  expect(resultsOf(fleet, 'ada')).toHaveLength(1);
  expect(await fleet.ok('send', 'ada', 'next', '--wait')).toBe('answer to: next\n');
});

test('reload of an idle agent, and of one that is down, answers when it is ready in a new run', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  await fleet.ok('stop', 'bob');
  const [before] = await fleet.rows();
  expect(await fleet.ok('reload', 'all')).toBe('ada reloaded\nbob reloaded\n');
  const [ada, bob] = await fleet.rows();
  expect(ada?.run).not.toBe(before?.run);
  expect([ada?.state, bob?.state]).toEqual(['running', 'running']);
});

test('a reload that waits is over when its agent is stopped meanwhile', async () => {
  const fleet = standInBox(['ada'], HELD_TURNS);
  await fleet.ok('start');
  void fleet.av('send', 'ada', 'a long one');
  await fleet.until('ada', ({ inTurn }) => inTurn);
  const client = fleet.client();
  await client.call('ping', {});
  const reload = client.call('restart', { targets: ['ada'], how: 'after-turn', reason: null });
  await fleet.ok('stop', 'ada');
  expect(await reload).toMatchObject([{ ok: false, detail: 'it was stopped meanwhile' }]);
});

test('a paused agent is left as it is when it is rejected, and is brought back once it is resumed', async () => {
  const fleet = standInBox(['ada'], LATCH_FIRST_PROCESS);
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'one', '--wait');
  const before = await fleet.row('ada');
  expect(await fleet.ok('pause', 'ada')).toBe('ada paused\n');
  expect(await fleet.ok('pause', 'ada')).toBe('ada same\n');
  expect(await fleet.row('ada')).toMatchObject({ paused: true, state: 'running', pid: before.pid });
  const answer = fleet.ok('send', 'ada', 'two', '--wait');
  await fleet.event(({ event }) => event === 'turn-failed');
  expect(await fleet.row('ada')).toMatchObject({ state: 'running', pid: before.pid, restarts: 0 });
  expect(await fleet.ok('resume', 'ada')).toBe('ada resumed\n');
  expect(await answer).toBe('answer to: two\n');
  expect(await fleet.row('ada')).toMatchObject({ paused: false, restarts: 1, health: 'healthy' });
  const told = await story(fleet, 'ada');
  expect(told.indexOf('resumed')).toBeGreaterThan(told.indexOf('turn-failed'));
  expect(told.indexOf('attempt')).toBeGreaterThan(told.indexOf('resumed'));
  expect(await fleet.ok('resume', 'ada')).toBe('ada same\n');
});

test('what an operator asks of a paused agent is done', async () => {
  const fleet = standInBox(['ada']);
  await fleet.ok('start');
  await fleet.ok('pause', 'ada');
  const before = await fleet.row('ada');
  expect(await fleet.ok('restart', 'ada')).toBe('ada restarted\n');
  const after = await fleet.row('ada');
  expect(after).toMatchObject({ state: 'running' });
  expect(after.pid).not.toBe(before.pid);
  await fleet.ok('stop', 'ada');
  expect(await fleet.row('ada')).toMatchObject({ state: 'stopped' });
});

test('reset lets the counters begin anew and does not touch the process', async () => {
  const own = box();
  const restart = { delayMin: '10ms', delayMax: '20ms' };
  own.write({ agents: [{ name: 'worker', mode: 'command', command: ['sleep', '3600'], restart }] });
  await own.ok('start');
  process.kill((await own.row('worker')).pid ?? 0, 'SIGKILL');
  const crashed = await own.until('worker', ({ restarts, state }) => restarts === 1 && state === 'running');
  expect(await own.ok('reset', 'worker')).toBe('worker reset\n');
  expect(await own.row('worker')).toMatchObject({
    restarts: 0,
    restartsByCause: {},
    run: crashed.run,
    state: 'running',
  });
  expect(await story(own, 'worker')).toContain('reset');
});

test('explain says with and without a daemon how an agent is, and incidents --stats counts its trouble', async () => {
  const fleet = standInBox(['ada'], LATCH_FIRST_PROCESS);
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'one', '--wait');
  await fleet.ok('send', 'ada', 'two', '--wait');
  const online = JSON.parse(await fleet.ok('explain', '--json')) as readonly {
    name: string;
    text: string;
    is: string;
  }[];
  expect(online).toMatchObject([
    { name: 'ada', is: expect.stringContaining('ada'), text: expect.stringContaining('ada') },
  ]);
  expect(await fleet.ok('explain', 'ada')).toBe(`${online[0]?.text ?? ''}\n`);
  expect(await fleet.ok('describe', 'ada')).toContain(online[0]?.is ?? 'nothing');
  const counted = {
    total: 1,
    open: 0,
    byCause: { 'auth-session': 1 },
    healedByRestart: 1,
    byAgent: [{ agent: 'ada' }],
  };
  expect(JSON.parse(await fleet.ok('incidents', '--stats', '--json'))).toMatchObject(counted);
  await fleet.ok('daemon', 'stop');
  const offline = await fleet.av('explain', 'ada', '--json');
  expect(offline.code).toBe(3);
  expect(JSON.parse(offline.stdout)).toMatchObject([{ name: 'ada', is: online[0]?.is }]);
  const stats = await fleet.av('incidents', '--stats', '--json');
  expect(stats.code).toBe(3);
  expect(JSON.parse(stats.stdout)).toMatchObject(counted);
});

test('forty agents at once are no news to daemon.log, when they start as when they stop', async () => {
  const own = box();
  const names = Array.from({ length: 40 }, (_, index) => `agent-${index}`);
  own.write({ agents: names.map((name) => ({ name, mode: 'command', command: ['sleep', '1000'] })) });
  await own.ok('start');
  await own.ok('restart', 'all');
  await own.ok('stop', 'all');
  expect(readFileSync(join(own.home, 'daemon.log'), 'utf8')).toBe('');
});

test('a resume that comes while the pause is on its way to the disk is not taken for done already', async () => {
  const own = box();
  own.write({ agents: [{ name: 'a', mode: 'command', command: ['sleep', '1000'] }] });
  await own.ok('start');
  const client = own.client();
  const asked = [true, false].map((paused) => client.call('pause', { targets: ['a'], paused }));
  await Promise.all(asked);
  expect(await own.row('a')).toMatchObject({ paused: false });
});
