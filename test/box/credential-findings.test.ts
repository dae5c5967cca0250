import { describe, expect, test } from 'vitest';
import { fingerprint } from '../../src/config/credentials.ts';
import { DAY, findingsIn, KEY, LOGIN, NOW, stored, TOKEN, troublesIn } from './bench.ts';
import type { Situation } from './bench.ts';

const token = { max: { type: 'oauth-token', from: { file: './token' } } };
const key = { key: { type: 'api-key', from: { file: './key' } } };
const login = { mine: { type: 'stored-login' } };
const LOGIN_FILE = 'user/.claude/.credentials.json';

/** One agent with a token in a file: nothing is wrong. */
const byToken = (change: Partial<Situation> = {}): Situation => ({
  credentials: token,
  agents: [{ name: 'ada', credential: 'max' }],
  ...change,
  files: { 'work/token': `${TOKEN}\n`, ...change.files },
});

const byKey = (text: string): Situation => ({
  credentials: key,
  agents: [{ name: 'ada', credential: 'key' }],
  files: { 'work/key': text },
});

const byLogin = (own: object | string, change: Partial<Situation> = {}): Situation => ({
  credentials: login,
  agents: [{ name: 'ada', credential: 'mine' }],
  ...change,
  files: { [LOGIN_FILE]: typeof own === 'string' ? own : stored(own), ...change.files },
});

const expected = [
  {
    what: 'a token of a subscription in ANTHROPIC_API_KEY',
    finding: 'error token-in-api-key',
    triggers: byKey(TOKEN),
    not: byKey(KEY),
  },
  {
    what: 'the same, set by the settings of Claude Code',
    finding: 'error token-in-api-key',
    triggers: byToken({
      files: { 'user/.claude/settings.json': JSON.stringify({ env: { ANTHROPIC_API_KEY: TOKEN } }) },
    }),
    not: byToken({ files: { 'user/.claude/settings.json': JSON.stringify({ env: { OTHER: TOKEN } }) } }),
  },
  {
    what: 'a stray API key in `env` that would win over the subscription',
    finding: 'warning stray-api-key',
    triggers: byToken({ agents: [{ name: 'ada', credential: 'max', env: { ANTHROPIC_API_KEY: KEY } }] }),
    not: byToken({ shell: { ANTHROPIC_API_KEY: KEY } }),
  },
  {
    what: 'a stray API key that is passed on from the shell',
    finding: 'warning stray-api-key',
    triggers: byToken({
      agents: [{ name: 'ada', credential: 'max', envPass: ['ANTHROPIC_API_KEY'] }],
      shell: { ANTHROPIC_API_KEY: KEY },
    }),
    not: byToken({ agents: [{ name: 'ada', credential: 'max', envPass: ['ANTHROPIC_API_KEY'] }] }),
  },
  {
    what: 'an apiKeyHelper of the project that would win over the subscription',
    finding: 'warning stray-api-key',
    triggers: byToken({ files: { 'work/.claude/settings.local.json': '{"apiKeyHelper":"./key.sh"}' } }),
    not: byToken({ files: { 'work/.claude/settings.local.json': '{"apiKeyHelper":""}' } }),
  },
  {
    what: 'an API key beside a login that nobody declared',
    finding: 'warning stray-api-key',
    triggers: { agents: [{ name: 'ada', env: { ANTHROPIC_API_KEY: KEY } }], files: { [LOGIN_FILE]: stored(LOGIN) } },
    not: { agents: [{ name: 'ada', env: { ANTHROPIC_API_KEY: KEY } }] },
  },
  {
    what: 'a cloud provider that is switched on',
    finding: 'warning overruled',
    triggers: byToken({ agents: [{ name: 'ada', credential: 'max', env: { CLAUDE_CODE_USE_VERTEX: '1' } }] }),
    not: byToken({ agents: [{ name: 'ada', credential: 'max', env: { CLAUDE_CODE_USE_VERTEX: '0' } }] }),
  },
  {
    what: 'a token in the settings, which takes the place of the declared one',
    finding: 'warning overruled',
    triggers: byToken({ files: { 'work/.claude/settings.json': `{"env":{"CLAUDE_CODE_OAUTH_TOKEN":"${TOKEN}"}}` } }),
    not: byToken({ files: { 'work/.claude/settings.json': 'not JSON' } }),
  },
  {
    what: 'a token of the environment beside a stored login in one config folder',
    finding: 'warning token-beside-login',
    triggers: byToken({ files: { [LOGIN_FILE]: stored(LOGIN) } }),
    not: byToken({
      agents: [{ name: 'ada', credential: 'max', env: { CLAUDE_CONFIG_DIR: '/nowhere' } }],
      files: { [LOGIN_FILE]: stored(LOGIN) },
    }),
  },
  {
    what: 'a login without a refresh token',
    finding: 'warning login-without-refresh',
    triggers: byLogin({ ...LOGIN, refreshToken: '' }),
    not: byLogin(LOGIN),
  },
  {
    what: 'a login without a refresh token that has ended',
    finding: 'error login-without-refresh',
    triggers: byLogin({ ...LOGIN, refreshToken: '', expiresAt: NOW - 1 }),
    not: byLogin({ ...LOGIN, expiresAt: NOW - DAY }),
  },
  {
    what: 'a login that has ended',
    finding: 'error login-expired',
    triggers: byLogin({ ...LOGIN, refreshTokenExpiresAt: NOW - 1 }),
    not: byLogin({ ...LOGIN, refreshTokenExpiresAt: undefined }),
  },
  {
    what: 'a login that ends within days',
    finding: 'warning login-ends',
    triggers: byLogin({ ...LOGIN, refreshTokenExpiresAt: NOW + 2 * DAY }),
    not: byLogin({ ...LOGIN, refreshTokenExpiresAt: NOW + 4 * DAY }),
  },
  {
    what: 'a declared login that is not there',
    finding: 'error login-missing',
    triggers: byLogin('{"mcpOAuth":{}}'),
    not: { agents: [{ name: 'ada' }] },
  },
  {
    what: 'a blanked store',
    finding: 'error login-blanked',
    triggers: byLogin({ ...LOGIN, accessToken: '', refreshToken: '', expiresAt: 0 }),
    not: byToken({ files: { [LOGIN_FILE]: stored({ ...LOGIN, accessToken: '', refreshToken: '' }) } }),
  },
  {
    what: 'a torn store',
    finding: 'error login-unreadable',
    triggers: byLogin('{"claudeAiOauth":{'),
    not: byToken({ files: { [LOGIN_FILE]: '{"claudeAiOauth":{' } }),
  },
  {
    what: 'agents that share one login which renews itself',
    finding: 'warning login-shared',
    triggers: byLogin(LOGIN, { agents: [{ name: 'ada', credential: 'mine' }, { name: 'bob' }] }),
    not: byLogin(LOGIN, {
      agents: [
        { name: 'ada', credential: 'mine' },
        { name: 'bob', env: { CLAUDE_CONFIG_DIR: '/nowhere' } },
        { name: 'cmd', mode: 'command', command: ['sleep', '1'] },
      ],
    }),
  },
  {
    what: 'a stale mark of a renewal',
    finding: 'warning refresh-lock',
    triggers: byLogin(LOGIN, { folders: { 'user/.claude/.oauth_refresh.lock': 11 * 60_000 } }),
    not: byLogin(LOGIN, { folders: { 'user/.claude/.oauth_refresh.lock': 9 * 60_000 } }),
  },
  {
    what: 'a login that others can read',
    finding: 'error login-permissions',
    triggers: byLogin('', { files: { [LOGIN_FILE]: { text: stored(LOGIN), mode: 0o644 } } }),
    not: byLogin('', { files: { [LOGIN_FILE]: { text: stored(LOGIN), mode: 0o400 } } }),
  },
  {
    what: 'a token file that others can read',
    finding: 'error secret-permissions',
    triggers: byToken({ files: { 'work/token': { text: TOKEN, mode: 0o640 } } }),
    not: byToken({ files: { 'work/token': { text: TOKEN, mode: 0o400 } } }),
  },
  {
    what: 'a token file that is not there',
    finding: 'error secret-missing',
    triggers: { ...byToken(), files: {} },
    not: { ...byToken(), agents: [{ name: 'ada' }], files: {} },
  },
  {
    what: 'a token that was cut',
    finding: 'error token-shape',
    triggers: byToken({ files: { 'work/token': TOKEN.slice(0, 80) } }),
    not: byToken({ files: { 'work/token': `\n  ${TOKEN}  \n` } }),
  },
  {
    what: 'a token of an unusual length',
    finding: 'warning token-doubt',
    triggers: byToken({ files: { 'work/token': `${TOKEN}AA` } }),
    not: byToken({
      agents: [{ name: 'ada', credential: 'max', env: { ANTHROPIC_BASE_URL: 'https://gateway.example.com' } }],
      files: { 'work/token': 'gateway-1234' },
    }),
  },
  {
    what: 'a secret that the API has refused for good',
    finding: 'error token-dead',
    triggers: byToken({ record: { deadFingerprints: [fingerprint(TOKEN)] } }),
    not: byToken({ record: { deadFingerprints: [fingerprint(KEY)] } }),
  },
  {
    what: 'a token of unknown mint date in a file',
    finding: 'warning mint-date-unknown',
    triggers: byToken({ record: { mintedAt: null } }),
    not: { ...byKey(KEY), record: { mintedAt: null } },
  },
  {
    what: 'a token of unknown mint date in a variable',
    finding: 'warning mint-date-unknown',
    triggers: {
      credentials: { max: { type: 'oauth-token', from: { env: 'T' } } },
      agents: [{ name: 'ada', credential: 'max' }],
      record: { mintedAt: null },
    },
    not: {
      credentials: { max: { type: 'oauth-token', from: { command: ['print-token'] } } },
      agents: [{ name: 'ada', credential: 'max' }],
      record: { mintedAt: null },
    },
  },
  {
    what: 'a token that was made almost a year ago',
    finding: 'warning token-ends',
    triggers: byToken({ credentials: { max: { ...token.max, mintedAt: '2025-06-20' } } }),
    not: byToken({ credentials: { max: { ...token.max, mintedAt: '2025-08-01' } } }),
  },
] satisfies readonly { what: string; finding: string; triggers: Situation; not: Situation }[];

describe('is found, and not where it is not:', () => {
  test.each(expected)('$what', ({ finding, triggers, not }) => {
    expect(troublesIn(triggers)).toEqual([finding]);
    expect(troublesIn(not)).toEqual([]);
  });
});

test('every finding says what to do, and none holds a secret or a part of it', () => {
  for (const { triggers } of expected) {
    for (const { level, about, found, todo } of findingsIn(triggers)) {
      expect([about, found].includes('')).toBe(false);
      if (level !== 'ok') expect(todo).not.toBe('');
      expect(`${about} ${found} ${todo}`).not.toMatch(/sk-ant-|t0ken|k3y-k|access$/);
    }
  }
});

test('a login that is well, and a token that is well, say how the agent signs in', () => {
  expect(findingsIn(byLogin(LOGIN)).map(({ about, found }) => `${about}: ${found}`)).toEqual([
    'login BOX/user/.claude: signed in (max), until 2026-06-21',
    `agent ada: signs in with the stored login of BOX/${LOGIN_FILE}`,
  ]);
  expect(findingsIn(byToken()).map(({ about, found }) => `${about}: ${found}`)).toEqual([
    `credential max: a token by its form, ${fingerprint(TOKEN)}`,
    'agent ada: signs in with CLAUDE_CODE_OAUTH_TOKEN of the credential max',
  ]);
});

test('what the check of the file itself tells is not told again', () => {
  const situation = byToken({
    agents: [{ name: 'ada', credential: 'max', env: { CLAUDE_CODE_USE_BEDROCK: '1' } }],
    isFileChecked: true,
  });
  expect(troublesIn(situation)).toEqual([]);
});

test('the todo of an open token file closes it', () => {
  const open = byToken({ files: { 'work/token': { text: TOKEN, mode: 0o604 } } });
  expect(findingsIn(open)[0]).toMatchObject({
    found: 'BOX/work/token is not used, for other users can read or change it (mode 0604)',
    todo: 'chmod 600 BOX/work/token',
  });
});

test('a look at a login changes nothing, not even the mark of a renewal', () => {
  const locked = byLogin(LOGIN, { folders: { 'user/.claude/.oauth_refresh.lock': DAY } });
  expect(findingsIn(locked).find(({ id }) => id === 'refresh-lock')).toMatchObject({
    found: 'BOX/user/.claude/.oauth_refresh.lock was left 1440 minutes ago by a renewal that never ended',
    todo: 'if no claude runs that uses this folder: rmdir BOX/user/.claude/.oauth_refresh.lock',
  });
});

test('a secret with several faults is one finding', () => {
  const found = findingsIn(byToken({ files: { 'work/token': `"${TOKEN.slice(0, 50)} ${TOKEN.slice(50)}"` } }));
  expect(found.filter(({ id }) => id === 'token-shape').map((finding) => finding.found)).toEqual([
    'it stands in quotes; it has a blank in it',
  ]);
});

test('who must sign in is told with which folder, unless it is the usual one', () => {
  const blanked = stored({ ...LOGIN, accessToken: '', refreshToken: '' });
  const todoIn = (configDir: string): string | undefined =>
    findingsIn({
      credentials: { mine: { type: 'stored-login', configDir } },
      agents: [{ name: 'ada', credential: 'mine' }],
      files: { [LOGIN_FILE]: blanked, 'work/own/.credentials.json': blanked },
    }).find(({ id }) => id === 'login-blanked')?.todo;
  expect(todoIn('~/.claude')).toMatch(/^sign in with claude; /);
  expect(todoIn('./own')).toMatch(/^sign in with CLAUDE_CONFIG_DIR=BOX\/work\/own claude; /);
});
