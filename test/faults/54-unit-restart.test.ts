import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unitBox } from './unit-box.ts';

/** Fault 54: the daemon is held, and restarted, by a unit of systemd. systemd itself is a stand-in: systemctl.mjs. */

const UP = ['startup', 'systemd', '--user', '--apply'] as const;
const DOWN = ['unstartup', 'systemd', '--user', '--apply'] as const;
/** Node is started about twenty times, on a machine that others use, too. */
const LONG = { timeout: 90_000 };

test(
  'startup --apply hands a running daemon over to the unit, unstartup takes it back; agents keep running',
  LONG,
  async () => {
    const { done, owner, row, asked, unitFiles, unitFolder } = unitBox(['ada']);
    await done('start');
    const { pid } = await row('ada');
    const keepers = owner();
    expect(keepers).not.toHaveProperty('unit');

    const applied = JSON.parse(await done(...UP, '--json'));
    const [name = ''] = unitFiles();
    expect(applied).toMatchObject({ applied: true, change: 'written', before: keepers?.pid, pid: owner()?.pid, name });
    expect(asked()).toEqual(['show', 'daemon-reload', `enable --now ${name}`]);
    expect(owner()).toMatchObject({ unit: name });
    expect(owner()?.pid).not.toBe(keepers?.pid);
    expect(statSync(join(unitFolder, name)).mode & 0o777).toBe(0o644);

    // Said again it changes nothing, and the daemon is the same.
    expect(JSON.parse(await done(...UP, '--json'))).toMatchObject({
      change: 'unchanged',
      before: null,
      pid: applied.pid,
    });

    expect(JSON.parse(await done(...DOWN, '--json'))).toMatchObject({ change: 'removed', pid: owner()?.pid });
    expect(unitFiles()).toEqual([]);
    expect(owner()).not.toHaveProperty('unit');
    expect(await row('ada')).toMatchObject({ pid, restarts: 0 });
    expect(JSON.parse(await done(...DOWN, '--json'))).toMatchObject({ change: 'unchanged', pid: null });
  },
);

test(
  'the unit brings its daemon back after a crash and a restart, not after a stop; agents keep running',
  LONG,
  async () => {
    const { done, run, owner, asked, exits, rows } = unitBox(['ada', 'bob'], {
      faults: [{ do: { answer: '{text}, seen {seen}' } }],
    });
    await done('start');
    const before = await rows();
    await done(...UP);
    const unit = owner()?.unit;

    const first = owner()?.pid;
    expect(JSON.parse(await done('daemon', 'restart', '--json'))).toEqual({ before: first, pid: owner()?.pid });
    expect(owner()).toMatchObject({ unit });
    expect(exits()).toEqual(['75']);

    process.kill(owner()?.pid ?? 0, 'SIGKILL');
    await expect.poll(async () => (await run('ping')).code, { timeout: 20_000 }).toBe(0);
    expect(owner()).toMatchObject({ unit });
    expect(exits()).toEqual(['75', 'null']);
    expect(await done('send', 'ada', 'hello', '--wait')).toBe('hello, seen 1\n');

    await done('daemon', 'stop');
    // Its holder notes the end a little later than the socket goes.
    await expect.poll(exits, { timeout: 20_000 }).toEqual(['75', 'null', '0']);
    expect((await run('list')).stderr).toContain('2 agents alive');
    // A verb that needs a daemon has the unit start it.
    asked();
    await done('send', 'bob', 'hello', '--wait');
    expect(asked()).toEqual([`start ${unit}`]);
    expect(owner()).toMatchObject({ unit });
    expect((await rows()).map(({ pid, restarts }) => ({ pid, restarts }))).toEqual(
      before.map(({ pid }) => ({ pid, restarts: 0 })),
    );
  },
);

test('startup --apply that fails leaves no unit behind and a daemon where one was', LONG, async () => {
  const { done, run, owner, row, refuse, unitFiles, unitFolder } = unitBox(['ada']);
  await done('start');
  const { pid } = await row('ada');
  const daemon = owner()?.pid;

  refuse('show', 'Failed to connect to bus: No medium found\n');
  const unasked = await run('startup', 'systemd', '--user', '--apply');
  expect(unasked.code).toBe(1);
  expect(unasked.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'Failed to connect to bus: No medium found. Nothing was changed.',
  );
  expect([unitFiles(), owner()?.pid]).toEqual([[], daemon]);
  refuse('show', null);

  refuse('enable', 'Failed to enable unit: Access denied\n');
  const refused = await run('startup', 'systemd', '--user', '--apply');
  expect(refused.code).toBe(1);
  expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'Access denied. What was done is undone; agents keep running.',
  );
  expect(unitFiles()).toEqual([]);
  expect(owner()).not.toHaveProperty('unit');
  expect((await run('ping')).code).toBe(0);
  expect((await row('ada')).pid).toBe(pid);
  refuse('enable', null);

  await done('startup', 'systemd', '--user', '--apply');
  const [name = ''] = unitFiles();
  const file = join(unitFolder, name);
  const theirs = readFileSync(file, 'utf8').replace(/^# .*\n/, '');
  writeFileSync(file, theirs);
  for (const verb of ['startup', 'unstartup']) {
    const foreign = await run(verb, 'systemd', '--user', '--apply');
    expect({ verb, code: foreign.code }).toEqual({ verb, code: 9 });
    expect(foreign.stderr.replaceAll(/\s+/g, ' ')).toContain('was not written by agentvisor.');
  }
  expect(readFileSync(file, 'utf8')).toBe(theirs);
});

test('a unit that is started while another daemon owns the home ends, and that one goes on', async () => {
  const { done, owner, ok, avWith, home } = unitBox(['ada']);
  await done('start');
  const daemon = owner();
  const second = await avWith({ env: { AGENTVISOR_UNIT: 'agentvisor.service' } }, 'daemon', 'run');
  expect(second.code).toBe(0);
  expect(second.stderr.replaceAll(/\s+/g, ' ')).toContain(`daemon ${daemon?.pid} owns ${home} already`);
  expect(owner()).toEqual(daemon);
  await ok('ping');
});
