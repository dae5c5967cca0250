import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/config/credentials.ts';
import { readMints } from '../../src/home/mints.ts';
import { commandLines, expectNothingLeft, GOOD_CODE, isAlive, loginScene, type Scene } from './login-scene.ts';
import { runCli } from './run-cli.ts';
import { startInTerminal } from './run-in-terminal.ts';

/** 108 characters, as a setup-token has. */
const TOKEN = `sk-ant-oat01-${'Mark3r_T0ken-'.repeat(8).slice(0, 95)}`;
const STORED = { max: { type: 'stored-login' } };
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** No secret and no code stands where agentvisor writes or speaks. */
function expectUntold(scene: Scene, ...texts: readonly string[]): void {
  const said = [scene.textsBelow(scene.home), ...texts].join('\n');
  for (const secret of ['Mark3r_T0ken', GOOD_CODE, 'good-code']) expect(said).not.toContain(secret);
}

test('a token is made with a code from a second shell, and lands in the file of its credential', async () => {
  const scene = loginScene('good', TOKEN);
  const begun = scene.begin('login', 'max', '--json');
  const { url } = await begun.step('url');
  expect(new URL(String(url)).searchParams.get('state')).toBe('s'.repeat(43));
  await begun.step('code-needed');
  const lines = commandLines()
    .split('\n')
    .filter((line) => !line.includes('sign-in.mjs'));
  const second = await scene.avWith(`${GOOD_CODE}\n`, 'login', '--code', '-', '--json');
  const first = await begun.ended;
  expect(first.code).toBe(0);
  const file = join(scene.dir, 'max.token');
  expect([readFileSync(file, 'utf8'), mode(file)]).toEqual([`${TOKEN}\n`, '600']);
  const steps = first.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const signedIn = { step: 'signed-in', fingerprint: fingerprint(TOKEN), mintedAt: expect.any(String) };
  expect(steps).toEqual([{ step: 'url', url }, { step: 'code-needed' }, signedIn]);
  expect(second).toMatchObject({ code: 0 });
  expect(JSON.parse(second.stdout)).toEqual(steps[2]);
  expect(readMints(scene.home)).toEqual([
    { credential: 'max', fingerprint: fingerprint(TOKEN), mintedAt: steps[2]?.['mintedAt'] },
  ]);
  expectUntold(scene, first.stdout, first.stderr, second.stdout, second.stderr, lines.join('\n'));
  await expectNothingLeft(scene);
});

test('Claude Code sees a wide terminal, a folder of its own, and nothing of the shell that was not named', async () => {
  const scene = loginScene('good', TOKEN);
  const polluted = {
    CLAUDECODE: '1',
    CLAUDE_CODE_OAUTH_TOKEN: 'x',
    ANTHROPIC_API_KEY: 'x',
    CLAUDE_CONFIG_DIR: scene.userHome,
    DISPLAY: ':0',
    SECRET: 'x',
    HTTPS_PROXY: 'http://me:word@127.0.0.1:9',
  };
  Object.assign(scene.env, polluted);
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  begun.kill('SIGTERM');
  await begun.ended;
  const { argv, env, cwd, columns } = scene.seen();
  expect({ argv, columns }).toEqual({ argv: ['setup-token'], columns: 1_000 });
  expect(cwd).toMatch(new RegExp(`^${scene.tmp}/agentvisor-login-${begun.pid}-`));
  // The shell that runs the stand-in sets some of its own.
  const shells = new Set(['PWD', 'OLDPWD', 'SHLVL', '_']);
  expect(Object.fromEntries(Object.entries(env).filter(([name]) => !shells.has(name)))).toEqual({
    PATH: scene.env['PATH'],
    HOME: cwd,
    TMPDIR: cwd,
    CLAUDE_CONFIG_DIR: `${cwd}/.claude`,
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
    BROWSER: 'true',
    DISABLE_AUTOUPDATER: '1',
    HTTPS_PROXY: 'http://me:word@127.0.0.1:9',
  });
  await expectNothingLeft(scene);
});

test('typed in the terminal, the code is never shown, and a part of one is asked for again', async () => {
  const scene = loginScene('good', TOKEN);
  const terminal = startInTerminal(100, ['login'], { home: scene.home, cwd: scene.dir, env: scene.env });
  await expect.poll(terminal.screen, { timeout: 20_000 }).toContain('it is not shown');
  terminal.type('good-code\r');
  await expect.poll(terminal.screen, { timeout: 20_000 }).toContain('has a # in its middle');
  terminal.type(`${GOOD_CODE}\r`);
  const { code, screen } = await terminal.ended;
  expect(screen).toContain(`signed in to 'max' (fingerprint ${fingerprint(TOKEN)})`);
  expect(code).toBe(0);
  expect(readFileSync(join(scene.dir, 'max.token'), 'utf8')).toBe(`${TOKEN}\n`);
  expectUntold(scene, screen);
  await expectNothingLeft(scene);
});

test('Ctrl-C in the terminal ends it and leaves nothing', async () => {
  const scene = loginScene('child', TOKEN);
  const terminal = startInTerminal(100, ['login'], { home: scene.home, cwd: scene.dir, env: scene.env });
  await expect.poll(terminal.screen, { timeout: 20_000 }).toContain('it is not shown');
  terminal.type('\u0003');
  expect(await terminal.ended).toMatchObject({ code: 1, screen: expect.stringContaining('nothing was changed') });
  expect(existsSync(join(scene.dir, 'max.token'))).toBe(false);
  await expectNothingLeft(scene);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it and leaves nothing', async (signal) => {
  const scene = loginScene('child', TOKEN);
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  begun.kill(signal);
  expect(await begun.ended).toMatchObject({ code: 1, stderr: expect.stringContaining(`ended by ${signal}`) });
  await expectNothingLeft(scene);
});

test('one whose reader is gone leaves nothing', async () => {
  const scene = loginScene('child', TOKEN);
  const { ended } = scene.beginUnread('login', '--json');
  await ended;
  await expectNothingLeft(scene);
});

test('one that is killed takes Claude Code with it', async () => {
  const scene = loginScene('child', TOKEN);
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  begun.kill('SIGKILL');
  await begun.ended;
  const { pid, child } = scene.seen();
  await expect.poll(() => [pid, child].filter((each) => each !== null && isAlive(each))).toEqual([]);
  expect((await scene.av('login', '--code', GOOD_CODE)).code).toBe(9);
});

test('what a killed one left behind is removed by the next', async () => {
  const scene = loginScene('good', TOKEN);
  mkdirSync(join(scene.tmp, 'agentvisor-login-999999999-abc'));
  writeFileSync(join(scene.tmp, 'agentvisor-login-999999999-abc/.credentials.json'), '{}');
  mkdirSync(join(scene.tmp, 'agentvisor-login'));
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  expect(existsSync(join(scene.tmp, 'agentvisor-login-999999999-abc'))).toBe(false);
  expect(existsSync(join(scene.tmp, 'agentvisor-login'))).toBe(true);
  begun.kill('SIGTERM');
  await begun.ended;
});

test.each([
  ['good', 'wrong-code#state', 'OAuth error: [redacted] was refused'],
  ['dies', GOOD_CODE, 'claude setup-token ended with exit code 7 before it had signed in'],
  ['cut', GOOD_CODE, 'printed is no whole token: it has 80 characters of 108: it was cut'],
])('%s, given %s: both shells are told, and nothing is written', async (variant, code, said) => {
  const scene = loginScene(variant, TOKEN);
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  const second = await scene.avWith(code, 'login', '--code', '-');
  const first = await begun.ended;
  expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining(said) });
  expect(second).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(said) });
  expect(existsSync(join(scene.dir, 'max.token'))).toBe(false);
  expect([first.stderr, second.stderr].join('\n')).not.toContain('wrong-code#state');
  expectUntold(scene, first.stdout, first.stderr, second.stderr);
  await expectNothingLeft(scene);
});

test('one that dies before it has shown anything is told in its own words', async () => {
  const scene = loginScene('dies-early', TOKEN);
  const { code, stderr } = await scene.av('login');
  expect(code).toBe(1);
  expect(stderr).toContain('exit code 7 before it had signed in; it said: Something is wrong with this machine.');
  await expectNothingLeft(scene);
});

test('one that never answers is ended when the time is over', async () => {
  const scene = loginScene('never-answers', TOKEN);
  const begun = scene.begin('login', '--json', '--timeout', '8s');
  await begun.step('code-needed');
  const second = await scene.avWith(GOOD_CODE, 'login', '--code', '-');
  expect(await begun.ended).toMatchObject({ code: 6, stderr: expect.stringContaining('in time') });
  expect(second.code).toBe(1);
  await expectNothingLeft(scene);
});

test('one that shows nothing is ended when the time is over', async () => {
  const scene = loginScene('silent', TOKEN);
  expect(await scene.av('login', '--timeout', '5s')).toMatchObject({
    code: 6,
    stdout: '',
    stderr: expect.stringContaining('stood last: nothing'),
  });
  await expectNothingLeft(scene);
});

test('one that has printed its token and never ends has done its work', async () => {
  const scene = loginScene('never-ends', TOKEN);
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  expect(await scene.av('login', '--code', GOOD_CODE)).toMatchObject({ code: 0 });
  expect(await begun.ended).toMatchObject({ code: 0 });
  expect(readFileSync(join(scene.dir, 'max.token'), 'utf8')).toBe(`${TOKEN}\n`);
  await expectNothingLeft(scene);
});

test('a stored login takes the place of the one before it and keeps what else stands there', async () => {
  const scene = loginScene('good', TOKEN);
  scene.declare(STORED);
  const folder = join(scene.userHome, '.claude');
  const file = join(folder, '.credentials.json');
  mkdirSync(folder);
  writeFileSync(file, JSON.stringify({ claudeAiOauth: { accessToken: 'old' }, mcpOAuth: { x: 1 } }), { mode: 0o600 });
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  const second = await scene.avWith(GOOD_CODE, 'login', 'max', '--code', '-');
  const first = await begun.ended;
  expect(first).toMatchObject({ code: 0 });
  expect(scene.seen().argv).toEqual(['auth', 'login']);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    claudeAiOauth: { accessToken: TOKEN, refreshToken: `${TOKEN}-refresh` },
    mcpOAuth: { x: 1 },
  });
  expect(mode(file)).toBe('600');
  expect([`${file}.prev`, `${file}.agentvisor.tmp`, join(folder, '.oauth_refresh.lock')].filter(existsSync)).toEqual(
    [],
  );
  expect(first.stdout).toContain('"fingerprint":null');
  expect(readMints(scene.home)).toMatchObject([{ credential: 'max', fingerprint: null }]);
  expectUntold(scene, first.stdout, first.stderr, second.stderr);
  await expectNothingLeft(scene);
});

test('the first stored login makes its folder, private', async () => {
  const scene = loginScene('good', TOKEN);
  scene.declare({ max: { type: 'stored-login', configDir: './conf' } });
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  await scene.avWith(GOOD_CODE, 'login', '--code', '-');
  expect(await begun.ended).toMatchObject({ code: 0 });
  expect([mode(join(scene.dir, 'conf')), mode(join(scene.dir, 'conf/.credentials.json'))]).toEqual(['700', '600']);
});

test.each([
  ['empty', 'its refreshToken is missing or empty'],
  ['no-file', 'it is not there'],
])('a stored login that is not whole (%s) replaces nothing', async (variant, problem) => {
  const scene = loginScene(variant, TOKEN);
  scene.declare(STORED);
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  await scene.avWith(GOOD_CODE, 'login', '--code', '-');
  expect(await begun.ended).toMatchObject({ code: 1, stderr: expect.stringContaining(problem) });
  expect(existsSync(join(scene.userHome, '.claude/.credentials.json'))).toBe(false);
  await expectNothingLeft(scene);
});

test('a second sign-in is refused while one waits, and a code for another credential is not taken', async () => {
  const scene = loginScene('good', TOKEN);
  const begun = scene.begin('login', '--json');
  await begun.step('code-needed');
  expect(mode(join(scene.home, 'login.sock'))).toBe('600');
  expect(await scene.av('login')).toMatchObject({ code: 9, stderr: expect.stringContaining('waits for its code') });
  const other = await scene.avWith(GOOD_CODE, 'login', 'other', '--code', '-');
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("is for 'max'") });
  begun.kill('SIGTERM');
  await begun.ended;
});

test('a home whose path is too long for a socket takes a code, too', async () => {
  const scene = loginScene('good', TOKEN);
  const home = join(scene.dir, 'h'.repeat(100));
  Object.assign(scene.env, { XDG_RUNTIME_DIR: scene.dir });
  const terminal = startInTerminal(100, ['login'], { home, cwd: scene.dir, env: scene.env });
  await expect.poll(terminal.screen, { timeout: 20_000 }).toContain('it is not shown');
  const second = await runCli(['login', '--code', '-'], { home, cwd: scene.dir, env: scene.env, input: GOOD_CODE });
  expect(second).toMatchObject({ code: 0 });
  expect(await terminal.ended).toMatchObject({ code: 0 });
});
