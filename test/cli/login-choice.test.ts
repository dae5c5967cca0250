import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mergedLogin } from '../../src/claude/merged-login.ts';
import { chooseTarget, claudeFor, type Target } from '../../src/cli/login/credential.ts';
import type { AgentSpec, CredentialSpec } from '../../src/kernel/spec.ts';
import { AgentvisorError } from '../../src/protocol/errors.ts';
import { box, TOKEN } from '../box.ts';
import { loginScene } from './login-scene.ts';

const spec = (name: string, type: CredentialSpec['type'], from: CredentialSpec['from'] = null): CredentialSpec => ({
  name,
  type,
  from,
  configDir: null,
  billable: false,
  ceilingUsd: null,
  mintedAt: null,
});
const FILE = spec('max', 'oauth-token', { file: '/x/max.token' });
const ENV = spec('env', 'oauth-token', { env: 'TOKEN' });
const COMMAND = spec('cmd', 'oauth-token', { command: ['pass'] });
const LOGIN = spec('login', 'stored-login');
const KEY = spec('key', 'api-key', { file: '/x/key' });
const LINUX = { home: '/home/me', platform: 'linux' } as const;

function choose(credentials: readonly CredentialSpec[], name?: string, platform: NodeJS.Platform = 'linux'): string {
  try {
    const { way, file }: Target = chooseTarget(credentials, name, { ...LINUX, platform });
    return `${way} ${file}`;
  } catch (error) {
    if (!(error instanceof AgentvisorError)) throw error;
    return `${error.code}: ${error.message} ${error.nextStep}`;
  }
}

describe('which credential is signed in to', () => {
  test('the one that is named, in the way of its type', () => {
    expect(choose([FILE, LOGIN], 'max')).toBe('setup-token /x/max.token');
    expect(choose([FILE, LOGIN], 'login')).toBe('auth-login /home/me/.claude/.credentials.json');
    expect(choose([{ ...LOGIN, configDir: '/c' }])).toBe('auth-login /c/.credentials.json');
  });

  test('unnamed, the only one for which there is a sign-in', () => {
    expect(choose([KEY, ENV, FILE])).toBe('setup-token /x/max.token');
  });

  test('of several none is guessed', () => {
    expect(choose([FILE, LOGIN])).toBe(
      'usage: More than one credential can be signed in to. Name one: agentvisor login max (claude setup-token), agentvisor login login (claude auth login)',
    );
  });

  test.each([
    [[], undefined, /^usage: No credential is declared/],
    [[FILE], 'mxa', /^usage: No credential is called "mxa"\. Did you mean: agentvisor login max$/],
    [[FILE], 'something', /^usage: .* There are: max$/],
    [[KEY], 'key', /^refused: 'key' is an API key.* agentvisor rotate key$/],
    [[ENV], undefined, /^refused: 'env' comes from the variable TOKEN, .* from: \{ file: /],
    [[COMMAND], 'cmd', /^refused: 'cmd' comes from a command, .* from: \{ file: /],
    [[KEY, ENV], undefined, /^usage: None of the credentials .* key, env$/],
  ] as const)('%j, %s: %s', (credentials, name, said) => {
    expect(choose(credentials, name)).toMatch(said);
  });

  test('macOS keeps a stored login in its keychain: it is made by hand there', () => {
    expect(choose([LOGIN], 'login', 'darwin')).toMatch(/^refused: .*keychain.* claude auth login/);
    expect(choose([FILE], 'max', 'darwin')).toBe('setup-token /x/max.token');
  });

  test('by the Claude Code of the first agent that uses it', () => {
    const agent = (bin: string, credentials: readonly string[]): AgentSpec =>
      ({ mode: 'stream', credentials, claude: { bin } }) as unknown as AgentSpec;
    expect(claudeFor('max', [agent('/one', ['other']), agent('/two', ['other', 'max'])])).toBe('/two');
    expect(claudeFor('max', [])).toBe('claude');
  });
});

describe('before anybody signs in', () => {
  test('a folder that is not there is told, and a missing Claude Code is', async () => {
    const scene = loginScene('good', TOKEN);
    scene.declare({ max: { type: 'oauth-token', from: { file: './no/max.token' } } });
    expect(await scene.av('login')).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') });
    scene.declare(MAX);
    Object.assign(scene.env, { PATH: scene.tmp });
    expect(await scene.av('login')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no program claude on'),
    });
  });

  test('a code for which no sign-in waits is refused, and what is no code is a wrong use', async () => {
    const scene = loginScene('good', TOKEN);
    const refused = await scene.av('login', '--code', 'abc#def');
    expect(refused).toMatchObject({ code: 9, stderr: expect.stringContaining('No sign-in waits for a code.') });
    expect(await scene.av('login', '--code', 'abc')).toMatchObject({ code: 2 });
    expect(await scene.avWith('', 'login', '--code', '-')).toMatchObject({ code: 2 });
  });

  test('nothing declared anywhere, an unknown name, and a file with mistakes are wrong uses', async () => {
    const scene = loginScene('good', TOKEN);
    expect(await scene.av('login', 'mxa')).toMatchObject({ code: 2, stderr: expect.stringContaining('login max') });
    writeFileSync(join(scene.dir, 'bad.json'), '{"agents": 3}');
    expect(await scene.av('login', '--file', 'bad.json')).toMatchObject({ code: 2 });
    writeFileSync(join(scene.dir, 'ecosystem.json'), '{"agents": []}');
    expect(await scene.av('login')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No credential is declared'),
    });
  });

  test('what a running daemon knows is known from any folder, and so it is from its files', async () => {
    const own = box();
    const credentials = { max: { type: 'oauth-token', from: { file: './max.token' } }, key: KEY_DECLARED };
    own.write({ credentials, agents: [{ name: 'w', cwd: './w', mode: 'command', command: ['sleep', '3000'] }] });
    await own.ok('start');
    expect(await own.client().call('credentials', {})).toMatchObject([{ name: 'key' }, { name: 'max' }]);
    const words = await own.avWith({ cwd: '/' }, 'completion', '--words', '--', 'login', '');
    expect(words.stdout).toBe('key\nmax\n');
    const asked = (): ReturnType<typeof own.avWith> => own.avWith({ cwd: '/' }, 'login', 'key');
    expect(await asked()).toMatchObject({ code: 9, stderr: expect.stringContaining("'key' is an API key") });
    await own.ok('kill');
    expect(await asked()).toMatchObject({ code: 9, stderr: expect.stringContaining("'key' is an API key") });
  });
});

const MAX = { max: { type: 'oauth-token', from: { file: './max.token' } } };
const KEY_DECLARED = { type: 'api-key', from: { file: './key' } };

test('a stored login is whole or it is none', () => {
  const whole = { claudeAiOauth: { accessToken: 'a', refreshToken: 'b' } };
  expect(mergedLogin(JSON.stringify(whole), 'not JSON')).toEqual({ ok: true, text: JSON.stringify(whole) });
  expect(mergedLogin('[]', null)).toEqual({ ok: false, problem: 'it is not a JSON object' });
  expect(mergedLogin('{', null)).toEqual({ ok: false, problem: 'it is not a JSON object' });
  expect(mergedLogin('{}', null)).toEqual({ ok: false, problem: 'it has no claudeAiOauth' });
  expect(mergedLogin('{"claudeAiOauth":{"accessToken":""}}', null)).toEqual({
    ok: false,
    problem: 'its accessToken and refreshToken is missing or empty',
  });
});
