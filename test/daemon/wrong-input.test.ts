import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { box } from '../box.ts';
import { standInBox } from './stand-in-box.ts';

test('an unknown agent is told by every verb that names one, with exit code 4 and no change', async () => {
  const fleet = standInBox(['ada']);
  await fleet.ok('start');
  const before = await fleet.row('ada');
  const verbs = [
    ['start', 'eve'],
    ['stop', 'eve'],
    ['restart', 'eve'],
    ['reload', 'eve'],
    ['pause', 'eve'],
    ['resume', 'eve'],
    ['reset', 'eve'],
    ['flush', 'eve'],
    ['explain', 'eve'],
    ['delete', 'eve'],
    ['describe', 'eve'],
    ['logs', 'eve'],
    ['send', 'eve', 'x'],
    ['history', 'eve'],
    ['wait', 'eve', '--for', 'up'],
    ['stop', 'ada', 'eve'],
  ];
  for (const verb of verbs) {
    const { code, stderr, stdout } = await fleet.av(...verb);
    expect({ verb, code, stdout }).toEqual({ verb, code: 4, stdout: '' });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('eve');
  }
  expect(await fleet.row('ada')).toMatchObject({ pid: before.pid, state: 'running' });
});

test('an ecosystem file with mistakes starts nothing, not even a daemon, and names every mistake', async () => {
  const { av, write, home } = box();
  write({
    agents: [
      { name: 'ada', mode: 'strem' },
      { name: 'ada', cwd: 7 },
    ],
  });
  const { code, stderr } = await av('start');
  expect(code).toBe(2);
  expect(stderr).toContain('agents[0].mode');
  expect(stderr).toContain('agents[1].cwd');
  expect(stderr).not.toMatch(/\n\s+at /);
  expect((await av('list')).code).toBe(3);
  expect(home).not.toBe('');
});

test('an agent that cannot be started says what is missing and where, stays listed, and does not hold the others', async () => {
  const own = box();
  mkdirSync(join(own.dir, 'ok'));
  writeFileSync(join(own.dir, 'not-executable'), 'x', { mode: 0o644 });
  own.write({
    agents: [
      { name: 'ok', mode: 'command', command: ['sleep', '3600'] },
      { name: 'no-program', mode: 'command', command: ['no-such-program-anywhere'] },
      { name: 'plain', mode: 'command', command: ['./not-executable'] },
      { name: 'no-folder', mode: 'command', command: ['sleep', '1'], cwd: './never-made' },
    ],
  });
  const { code, stdout, stderr } = await own.av('start');
  expect(code).toBe(5);
  const said = stdout + stderr;
  expect(said).toContain('no-such-program-anywhere');
  expect(said).toContain(join(own.dir, 'not-executable'));
  expect(said).toContain(join(own.dir, 'never-made'));
  const rows = await own.rows();
  expect(rows.map(({ name }) => name)).toEqual(['ok', 'no-program', 'plain', 'no-folder']);
  expect(rows[0]).toMatchObject({ state: 'running' });
});

test('a message to a command agent, and an empty one, are refused', async () => {
  const own = box();
  own.write({ agents: [{ name: 'worker', mode: 'command', command: ['sleep', '3600'] }] });
  await own.ok('start');
  expect(await own.av('send', 'worker', 'hello')).toMatchObject({ code: 9, stdout: '' });
});

test('a variable that a credential needs and nobody has is named, with the way to give it', async () => {
  const own = box();
  own.write({
    credentials: { max: { type: 'oauth-token', from: { env: 'NOT_SET_ANYWHERE' } } },
    agents: [{ name: 'ada', credential: 'max' }],
  });
  const { code, stdout, stderr } = await own.av('start');
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain('NOT_SET_ANYWHERE');
});
