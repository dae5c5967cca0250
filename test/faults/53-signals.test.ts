import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AgentRow } from '../../src/protocol/rows.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { container, MAY_UNSHARE } from './container.ts';
import { expectsPassRule } from './pass-rule.ts';

/** Fault 53: signals to the daemon, as a terminal, systemd or a container send them. */

test.each([
  ['SIGTERM', true],
  ['SIGINT', true],
  ['SIGHUP', false],
  ['SIGUSR2', true],
] as const)('%s: the daemon ends: %s; agents keep running', async (signal, ends) => {
  const fleet = standInBox(['ada']);
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  const { pid } = await fleet.row('ada');
  process.kill(daemon.pid, signal);
  if (ends) await expect.poll(async () => (await fleet.av('ping')).code, { timeout: 10_000 }).toBe(3);
  else await fleet.ok('ping');
  expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
  expect(await fleet.row('ada')).toMatchObject({ pid, adopted: ends });
  await expectsPassRule(fleet);
});

test.runIf(MAY_UNSHARE)(
  'daemon run as the first process of a container ends the agents before itself, and brings them up again (where pid namespaces may be made)',
  { timeout: 90_000 },
  async () => {
    // A secret that comes from a variable is gone with the daemon.
    const fleet = standInBox(['ada', 'bob', 'cyd'], {}, { credential: null });
    const first = container(fleet);
    await first.answers();
    await first.av('start');
    await first.av('stop', 'cyd');
    expect(await first.av('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
    expect((JSON.parse(await first.av('ping', '--json')) as { pid: number }).pid).toBe(1);
    const before = JSON.parse(await first.av('list', '--json')) as readonly AgentRow[];
    expect(await first.ended('SIGTERM')).toBe(0);
    // An end that nobody asked for would have left no note: it dies with its container.
    for (const { name, run } of before.filter(({ state }) => state === 'running')) {
      expect(existsSync(join(fleet.home, 'agents', name, 'runs', run ?? '', 'exit.json'))).toBe(true);
    }
    expect((await fleet.rows()).map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped']);

    const second = container(fleet);
    await second.answers();
    await second.av('wait', 'ada', 'bob', '--for', 'up', '--timeout', '20s');
    const after = JSON.parse(await second.av('list', '--json')) as readonly AgentRow[];
    expect(after.map(({ name, state, desired }) => ({ name, state, desired }))).toEqual([
      { name: 'ada', state: 'running', desired: 'up' },
      { name: 'bob', state: 'running', desired: 'up' },
      { name: 'cyd', state: 'stopped', desired: 'down' },
    ]);
    expect(after[0]?.sessionId).toBe(before[0]?.sessionId);
    expect(await second.ended('SIGTERM')).toBe(0);
  },
);
