import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Box } from '../box.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import type { Emulator } from './emulator.ts';
import { monitsOf } from './processes.ts';
import { openMonit, openShell, type TerminalOptions } from './terminal.ts';

const ESCAPE = '\u001b';
const PLAIN_TERMINAL = { alternate: false, cursor: true, bracketedPaste: false, wraparound: true };

const shows =
  (...words: readonly string[]) =>
  (text: string): boolean =>
    words.every((word) => text.includes(word));

/** Opens it from a shell that compares the modes of its terminal before and after. */
async function openFromShell(fleet: Box, options?: TerminalOptions): Promise<Emulator> {
  const shell = await openShell(fleet, options);
  const command = '(echo $BASHPID > pid; exec agentvisor monit)';
  const compare = 'stty -a | tail -n +2 > after; cmp before after && echo "the same modes"';
  shell.type(`echo 'what stood here'; stty -a | tail -n +2 > before; ${command}; echo "ended with $?"; ${compare}\r`);
  await shell.until(shows('ada', 'bob', 'daemon up'));
  expect(shell.modes()).toEqual({ alternate: true, cursor: false, bracketedPaste: true, wraparound: false });
  return shell;
}

const pidOf = (fleet: Box): number => Number(readFileSync(join(fleet.dir, 'pid'), 'utf8'));

describe('the terminal is as it was, and the agents keep running,', () => {
  /** Throws in the real program when it is told to; nothing in the product knows of it. */
  const crash = 'process.on("SIGUSR2", () => { throw new Error("provoked by the test"); });';
  const reject = 'process.on("SIGUSR2", () => { Promise.reject(new Error("provoked by the test")); });';
  const kill =
    (signal: NodeJS.Signals, times = 1) =>
    (fleet: Box): void =>
      Array.from({ length: times }).forEach(() => process.kill(pidOf(fleet), signal));
  const press =
    (keys: string) =>
    (_: Box, shell: Emulator): void =>
      shell.type(keys);

  test.each([
    ['q', press('q'), 0, ''],
    ['Ctrl-C', press('\u0003'), 0, ''],
    [':quit', press(':quit\r'), 0, ''],
    ['q in a screen that is too small', press('q'), 0, ''],
    ['SIGTERM', kill('SIGTERM'), 143, ''],
    ['SIGTERM and another one', kill('SIGTERM', 2), 143, ''],
    ['SIGHUP', kill('SIGHUP'), 129, ''],
    ['SIGINT', kill('SIGINT'), 130, ''],
    ['SIGQUIT', kill('SIGQUIT'), 131, ''],
    ['an uncaught exception', kill('SIGUSR2'), 1, crash],
    ['a rejection that nobody awaited', kill('SIGUSR2'), 1, reject],
  ])('after %s', async (how, leave, code, module) => {
    const fleet = standInBox(['ada', 'bob']);
    await fleet.ok('start');
    const file = join(fleet.dir, 'module.mjs');
    writeFileSync(file, module);
    const shell = await openFromShell(fleet, { env: { NODE_OPTIONS: `--import=${file}` } });
    if (how.includes('too small')) {
      shell.resize(40, 8);
      await shell.until(shows('too small'));
    }
    leave(fleet, shell);
    if (how.includes('too small')) shell.resize(120, 30);
    const screen = await shell.until(shows(`ended with ${code}`, 'the same modes'));
    expect(screen).toContain('what stood here');
    expect(screen).not.toContain('daemon up');
    if (code === 1) expect(screen).toContain('provoked by the test');
    expect(screen).toContain('the agents keep running');
    // The shell's own prompt marks pastes, too.
    expect({ ...shell.modes(), bracketedPaste: false }).toEqual(PLAIN_TERMINAL);
    const leaving = shell.bytes().slice(shell.bytes().indexOf(`${ESCAPE}[?1049h`));
    expect(leaving.slice(0, leaving.indexOf('ended with'))).toContain(`${ESCAPE}[?2004l`);
    expect(monitsOf(fleet.home)).toEqual([]);
    expect((await fleet.rows()).map(({ state }) => state)).toEqual(['running', 'running']);
  });
});

test('Ctrl-Z without a shell that could bring it back does nothing', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  const monit = openMonit(fleet);
  await monit.until(shows('ada', 'bob'));
  monit.type('\u001a');
  await monit.until(() => monit.bytes().includes('?1049l'), 'that it leaves the screen');
  await monit.until(() => monit.bytes().lastIndexOf('?1049h') > monit.bytes().lastIndexOf('?1049l'));
  await monit.until(shows('ada', 'bob', 'daemon up'));
  monit.type('j');
  await monit.until((text) => /^> bob/m.test(text));
  monit.type('q');
  expect(await monit.ended).toMatchObject({ code: 0 });
});

test('keys that come at once are all pressed, Ctrl-C among them', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  // Also where a CI is believed to be: Ink would be still there.
  const monit = openMonit(fleet, [], { env: { CI: 'true' } });
  await monit.until(shows('ada', 'bob'));
  monit.type('jk?\u0003');
  expect(await monit.ended).toMatchObject({ code: 0 });
});

test('a terminal that is closed ends it', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  const monit = openMonit(fleet);
  await monit.until(shows('ada', 'bob'));
  monit.destroy();
  await expect.poll(() => monitsOf(fleet.home), { timeout: 10_000 }).toEqual([]);
});

/** Each view is opened over the table and left again. */
async function throughTheViews(monit: Emulator): Promise<void> {
  for (const key of ['\r', 'l', 'i', '?']) {
    monit.type(key);
    await monit.until((text) => !text.includes('LAST GOOD') && text.includes('Esc back'));
    monit.type('\u001b');
    await monit.until(shows('LAST GOOD'));
  }
}

/** Numbers of all that changes how text looks. */
const stylesIn = (bytes: string): Set<string> =>
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  new Set([...bytes.matchAll(/\u001b\[([\d;]*)m/g)].flatMap(([, codes = '']) => codes.split(';')));

test.each([
  [{}, true],
  [{ NO_COLOR: '' }, true],
  [{ NO_COLOR: '1' }, false],
])('with %j there are colours: %s', async (env, coloured) => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'hello', '--wait');
  const monit = openMonit(fleet, [], { env });
  await monit.until(shows('ada', 'bob', 'healthy'));
  await throughTheViews(monit);
  monit.type('x');
  await monit.until(shows('ada stopped'));
  const styles = stylesIn(monit.bytes());
  expect(styles.has('32')).toBe(coloured);
  if (!coloured) expect([...styles].filter((code) => !['0', '1', '7', '22', '27'].includes(code))).toEqual([]);
});

const HOSTILE = [
  `${ESCAPE}[2J`,
  `${ESCAPE}[10;10Howned`,
  `${ESCAPE}]0;owned${ESCAPE}\\`,
  `${ESCAPE}]52;c;b3duZWQ=\u0007`,
  `${ESCAPE}[?1049l`,
  '\u009b31m',
  '\r\b\u202e',
].join('');

test('what an agent says moves no cursor, names no window and reaches no clipboard', async () => {
  const faults = [
    { when: { contains: 'answer' }, do: { answer: `fine${HOSTILE}` } },
    { when: { contains: 'fail', untilFile: 'never' }, do: { api: '401' as const, message: `bad${HOSTILE}token` } },
  ];
  const fleet = standInBox(['ada', 'bob'], { faults }, { auth: { quiet: { min: '20m', max: '20m' } } });
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'answer', '--wait');
  await fleet.ok('send', 'bob', `fail${HOSTILE}`);
  await fleet.until('bob', ({ health }) => health === 'quiet');
  const shell = await openShell(fleet, { columns: 200, rows: 40 });
  const titleBefore = shell.title();
  const from = shell.bytes().length;
  shell.type('agentvisor monit\r');
  await shell.until(shows('ada', 'bob', 'quiet'));
  for (const name of ['ada', 'bob']) {
    shell.type(`:logs ${name}\r`);
    await shell.until((text) => !text.includes(`:logs ${name}`));
    shell.type(`:describe ${name}\r`);
    await shell.until((text) => !text.includes(`:describe ${name}`));
  }
  shell.type('i');
  shell.type(':list\r');
  const screen = await shell.until(shows('LAST GOOD', 'ada', 'bob'));
  const bytes = shell.bytes().slice(from);
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  expect(bytes).not.toMatch(/\u001b\]|\u0007|\u009b|\u202e|10;10H/);
  expect(bytes.split(`${ESCAPE}[?1049l`)).toHaveLength(1);
  expect(screen.split('\n')[0]).toMatch(/^ agentvisor .*\d\d:\d\d:\d\d$/);
  expect(shell.title()).toBe(titleBefore);
});

test.each(['C', 'POSIX', 'en_GB.ISO-8859-1'])('in the locale %s only ASCII comes to the screen', async (locale) => {
  const message = 'refusé 🔒 トークン';
  const faults = [{ when: { contains: 'fail', untilFile: 'never' }, do: { api: '401' as const, message } }];
  const fleet = standInBox(['ada', 'bob'], { faults }, { auth: { quiet: { min: '20m', max: '20m' } } });
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'fail');
  await fleet.until('ada', ({ health }) => health === 'quiet');
  const monit = openMonit(fleet, [], { columns: 200, env: { LC_ALL: locale } });
  await monit.until(shows('ada', 'bob', 'quiet'));
  await throughTheViews(monit);
  monit.type(':');
  await monit.until((text) => / :_/.test(text));
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  expect(monit.bytes()).toMatch(/^[\u0000-\u007e]*$/);
});
