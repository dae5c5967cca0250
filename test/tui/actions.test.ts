import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { standInBox } from '../daemon/stand-in-box.ts';
import type { Emulator } from './emulator.ts';
import { openMonit } from './terminal.ts';

const row = (text: string, name: string): string =>
  text.split('\n').find((line) => new RegExp(`^[> ] ${name} +\\S`).test(line)) ?? '';
const names = (text: string): string[] =>
  text.split('\n').flatMap((line) => /^[> ] ([a-z]+) +[^\w\s] /.exec(line)?.[1] ?? []);
const rowShows =
  (name: string, pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(row(text, name));
const shows =
  (...words: readonly string[]) =>
  (text: string): boolean =>
    words.every((word) => text.includes(word));

/** Ctrl-U empties the line before. */
async function command(monit: Emulator, text: string): Promise<void> {
  monit.type(':');
  await monit.until((screen) => / :▏/.test(screen));
  monit.type(`${text}\r`);
}

test('an agent is restarted, stopped, started, paused and sent a message by keys', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  const before = await fleet.row('ada');
  const monit = openMonit(fleet, [], { columns: 160 });
  await monit.until(rowShows('ada', /running/));
  monit.type('r');
  await monit.until((text) => shows('ada restarted')(text) && rowShows('ada', /running .* 1 operator/)(text));
  expect(await fleet.row('ada')).toMatchObject({ restarts: 1, sessionId: before.sessionId });
  expect((await fleet.row('ada')).pid).not.toBe(before.pid);
  monit.type('x');
  await monit.until((text) => shows('ada stopped')(text) && rowShows('ada', /stopped/)(text));
  // Who is stopped stands last; the chosen one stays chosen.
  expect(row(monit.text(), 'ada')).toMatch(/^>/);
  monit.type('s');
  await monit.until((text) => shows('ada started')(text) && rowShows('ada', /running/)(text));
  monit.type('p');
  await monit.until(rowShows('ada', /running, paused/));
  monit.type('p');
  await monit.until((text) => !text.includes('paused') || text.includes('resumed'));
  expect(await fleet.row('ada')).toMatchObject({ paused: false, state: 'running' });
  monit.type('m');
  await monit.until(shows('to ada:'));
  monit.type('how are you, ädä?\r');
  await monit.until((text) => shows('is on the disk')(text) && rowShows('ada', /healthy/)(text));
  expect(fleet.stdout('ada').join('\n')).toContain('answer to: how are you, ädä?');
});

test('what is pasted goes into the message, its line feeds as blanks, and presses no key', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  const monit = openMonit(fleet);
  await monit.until(rowShows('bob', /running/));
  monit.type('\u001b[200~xXq\r\nr\u001b[201~');
  monit.type('m');
  await monit.until(shows('to ada:'));
  monit.type('\u001b[200~one\r\ntwo x\u001b[201~');
  await monit.until(shows('one two x'));
  expect(monit.text()).toContain('to ada: one two x');
  monit.type('\r');
  await monit.until(rowShows('ada', /healthy/));
  expect(fleet.stdout('ada').join('\n')).toContain('answer to: one two x');
  expect((await fleet.rows()).map(({ state, restarts }) => [state, restarts])).toEqual([
    ['running', 0],
    ['running', 0],
  ]);
});

test('an agent is deleted only by a clear yes', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  const monit = openMonit(fleet);
  await monit.until(rowShows('ada', /running/));
  monit.type('X');
  await monit.until(shows('Delete ada', 'y / n'));
  monit.type('\r');
  await monit.until(shows('Nothing was done.'));
  expect((await fleet.row('ada')).state).toBe('running');
  monit.type('X');
  await monit.until(shows('Delete ada', 'y / n'));
  monit.type('y');
  await monit.until((text) => row(text, 'ada') === '' && row(text, 'bob') !== '');
  expect((await fleet.rows()).map(({ name }) => name)).toEqual(['bob']);
  expect(existsSync(join(fleet.home, 'agents/ada'))).toBe(false);
});

test('agents are filtered, sorted and found by commands that Tab completes', async () => {
  const fleet = standInBox(['ada', 'bob', 'cleo', 'dan']);
  await fleet.ok('start');
  await fleet.ok('restart', 'cleo');
  const monit = openMonit(fleet, [], { columns: 160 });
  await monit.until(rowShows('dan', /running/));
  monit.type('/');
  monit.type('cl');
  await monit.until((text) => names(text).join() === 'cleo');
  monit.type('\r');
  await monit.until((text) => text.includes('filter: cl') && !text.includes('/cl'));
  monit.type('\u001b');
  await monit.until((text) => names(text).length === 4);
  await command(monit, 'sort restarts');
  await monit.until((text) => names(text)[0] === 'cleo');
  expect(monit.text()).toContain('sorted by restarts');
  monit.type('O');
  await monit.until((text) => names(text).at(-1) === 'cleo');
  await command(monit, 'so\tna\t');
  await monit.until((text) => names(text).join() === 'ada,bob,cleo,dan' && text.includes('sorted by name'));
  monit.type('G');
  await monit.until((text) => row(text, 'dan').startsWith('>'));
  await command(monit, 'sto\tb\t');
  await monit.until((text) => text.includes('bob stopped') && rowShows('bob', /stopped/)(text));
  await command(monit, 'stop all');
  await monit.until(shows('Stop all (4 agents)?'));
  monit.type('n');
  await monit.until(shows('Nothing was done.'));
  await command(monit, 'nonsense');
  await monit.until(shows('There is no command "nonsense"'));
  await command(monit, 'logs nobody');
  await monit.until(shows('There is no agent nobody.'));
});

test('views open over the table and close again', async () => {
  const script = { faults: [{ when: { contains: 'fail', untilFile: 'open' }, do: { api: '401' as const } }] };
  const fleet = standInBox(['ada', 'bob'], script, { auth: { quiet: { min: '20m', max: '20m' } } });
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'fail');
  await fleet.until('ada', ({ health }) => health === 'quiet');
  const monit = openMonit(fleet);
  await monit.until(rowShows('ada', /quiet/));
  // What is as wide as the terminal is painted to its last column.
  await monit.until((text) => text.split('\n').includes('─'.repeat(120)));
  const chosen = monit.cells()[monit.lines().findIndex((line) => line.startsWith('> ada'))] ?? [];
  expect(chosen.filter((cell) => cell.isInverse() === 0)).toEqual([]);
  for (const key of ['\r', 'l', 'i', '?']) {
    monit.type(key);
    await monit.until((text) => row(text, 'bob') === '');
    expect(monit.text()).toContain('Esc back');
    monit.type('\u001b');
    await monit.until((text) => row(text, 'bob') !== '');
  }
  monit.type('z');
  await monit.until((text) => !text.includes('daemon up') && row(text, 'bob') !== '');
  monit.type('z');
  await monit.until(shows('daemon up'));
});

test('with --readonly nothing is changed, whatever is pressed', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  const monit = openMonit(fleet, ['--readonly']);
  await monit.until((text) => text.includes('read-only') && row(text, 'bob') !== '');
  expect(monit.text()).not.toContain('restart');
  for (const key of ['r', 'R', 's', 'x', 'X', 'p', '0', 'm']) {
    monit.type(key);
    await monit.until(shows('Nothing is changed here (--readonly).'));
    monit.type('?\u001b');
  }
  await command(monit, 'stop all');
  await monit.until(shows('Nothing is changed here (--readonly).'));
  monit.type('q');
  expect(await monit.ended).toMatchObject({ code: 0 });
  expect((await fleet.rows()).map(({ state, restarts, paused }) => [state, restarts, paused])).toEqual([
    ['running', 0, false],
    ['running', 0, false],
  ]);
});

test('a daemon that is stopped is told of, its agents are shown from the files, and a new one is found', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'hello', '--wait');
  const monit = openMonit(fleet);
  await monit.until(rowShows('ada', /healthy/));
  await fleet.ok('daemon', 'stop');
  await monit.until(shows('DAEMON NOT RUNNING, 2 agents alive', 'agentvisor resurrect'));
  expect(row(monit.text(), 'ada')).toMatch(/running +healthy/);
  monit.type('r');
  await monit.until(shows('The daemon is not running; bring it back'));
  // What ends meanwhile is seen, too.
  const { pid } = JSON.parse((await fleet.av('list', '--json')).stdout).find(
    (each: { name: string }) => each.name === 'bob',
  ) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await monit.until(shows('DAEMON NOT RUNNING, 1 agent alive'));
  await fleet.ok('resurrect');
  await monit.until(shows('The daemon is back.', 'daemon up'));
  await monit.until(rowShows('bob', /running/));
  monit.type('x');
  await monit.until((text) => /(ada|bob) stopped/.test(text));
});
