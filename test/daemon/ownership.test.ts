import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bearersUnder, box } from '../box.ts';
import { standInBox } from './stand-in-box.ts';

test('eight command lines at once on a cold home end with one daemon and eight right answers', async () => {
  const fleet = standInBox(['ada']);
  const answers = await Promise.all(Array.from({ length: 8 }, () => fleet.av('start', '--json')));
  expect(answers.map(({ code }) => code)).toEqual(Array.from({ length: 8 }, () => 0));
  const pids = await Promise.all(Array.from({ length: 8 }, () => fleet.ok('ping', '--json')));
  expect(new Set(pids.map((text) => (JSON.parse(text) as { pid: number }).pid)).size).toBe(1);
  const { pid, state } = await fleet.row('ada');
  expect(state).toBe('running');
  // Shim and agent: it was started once.
  expect(bearersUnder(`${fleet.home}/agents/ada`)).toContain(pid);
  expect(bearersUnder(`${fleet.home}/agents/ada`)).toHaveLength(2);
  // With keeper and daemon these are all: whoever else came has gone, and nobody had taken the home from somebody.
  await expect.poll(() => bearersUnder(fleet.home).length, { timeout: 10_000 }).toBe(4);
  expect(readFileSync(`${fleet.home}/daemon.log`, 'utf8')).toBe('');
});

test('a read-only verb starts no daemon, says so and exits 3', async () => {
  const { av, home } = box();
  for (const verb of [['list'], ['list', '--json'], ['incidents'], ['events'], ['ping'], ['daemon', 'status']]) {
    const { code, stderr } = await av(...verb);
    expect({ verb, code }).toEqual({ verb, code: 3 });
    expect(stderr).toMatch(/not running/);
  }
  expect(existsSync(`${home}/daemon.json`)).toBe(false);
});

test('a living owner is never replaced, not even a stopped one', async () => {
  const fleet = standInBox(['ada']);
  await fleet.ok('start');
  const owner = fleet.daemonPid();
  process.kill(owner, 'SIGSTOP');
  const { code } = await fleet.av('ping');
  expect(code).toBe(7);
  expect(fleet.daemonPid()).toBe(owner);
  process.kill(owner, 'SIGCONT');
  await fleet.ok('ping');
  expect(fleet.daemonPid()).toBe(owner);
});

test('a daemon that is stopped leaves its agents running, and the next one goes on with them', async () => {
  const fleet = standInBox(['ada']);
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'before', '--wait');
  const before = await fleet.row('ada');
  await fleet.ok('daemon', 'stop');
  const offline = await fleet.av('list', '--json');
  expect(offline.code).toBe(3);
  expect(offline.stderr).toContain('1 agent alive');
  expect(JSON.parse(offline.stdout)).toMatchObject([{ name: 'ada', state: 'running', pid: before.pid }]);
  expect(await fleet.ok('send', 'ada', 'after', '--wait')).toBe('answer to: after\n');
  expect(await fleet.row('ada')).toMatchObject({ pid: before.pid, restarts: 0, adopted: true });
});
