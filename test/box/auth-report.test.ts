import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { authReport, type AuthQuestion } from '../../src/box/auth-report.ts';
import { fingerprint } from '../../src/config/credentials.ts';
import { recordMint } from '../../src/home/mints.ts';
import type { Agent, Fleet, Run } from '../../src/kernel/fleet.ts';
import type { AgentSpec, CredentialSpec } from '../../src/kernel/spec.ts';
import { step } from '../../src/kernel/step.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, agentIn, aRun, at, fleetOf, MAX } from '../kernel/fleet-of.ts';
import { KEY, LOGIN as SIGNED_IN, NOW, stored, TOKEN } from './bench.ts';

const DAY_MS = 86_400_000;

type Scene = {
  readonly credential?: CredentialSpec;
  readonly spec?: Partial<AgentSpec>;
  /** Path under the HOME of the agent -> text. */
  readonly files?: Readonly<Record<string, string>>;
  /** The environment that its process has; null: it has no process. */
  readonly given?: Readonly<Record<string, string>> | null;
  readonly run?: Partial<Run>;
  readonly ask?: Partial<AuthQuestion>;
};

/** What is told of one agent, whose folder and HOME are one. */
function reportOf({ credential = MAX, spec = {}, files = {}, given = null, run = {}, ask = {} }: Scene) {
  const home = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text, { mode: 0o600 });
  }
  const place = (text: string): string => text.replace('HOME', home);
  const from =
    credential.from !== null && 'file' in credential.from ? { file: place(credential.from.file) } : credential.from;
  const own: AgentSpec = { ...ADA, cwd: home, credentials: [credential.name], ...spec };
  const declared = step(fleetOf(own), { type: 'credential-declared', spec: { ...credential, from } }, at(0)).fleet;
  const agent: Agent = {
    ...agentIn(declared),
    environment: { HOME: home },
    ...(given === null ? {} : { state: { at: 'running', run: aRun(run) } }),
  };
  const fleet: Fleet = { ...declared, agents: { ada: agent } };
  const environment = given === null ? null : { HOME: home, ...given };
  const question = {
    fleet,
    home,
    names: null,
    shell: {},
    held: {},
    environmentOf: () => environment,
    now: NOW,
    ...ask,
  };
  return authReport(question);
}

const FILE: CredentialSpec = { ...MAX, from: { file: 'HOME/token' } };
const TOKEN_FILE = { token: `${TOKEN}\n` };
const LOGIN: CredentialSpec = { ...MAX, name: 'mine', type: 'stored-login', from: null };
const LOGIN_FILE = '.claude/.credentials.json';
const API_KEY: CredentialSpec = { ...MAX, name: 'key', type: 'api-key' };
const SETTINGS = '.claude/settings.json';
const TOKEN_GIVEN = { CLAUDE_CODE_OAUTH_TOKEN: TOKEN };

describe('which source wins, and whether it is the declared one', () => {
  const rows: readonly (readonly [string, Scene, string | null, boolean | null, string])[] = [
    [
      'of a stopped agent, what it would be given',
      { credential: FILE, files: TOKEN_FILE },
      'CLAUDE_CODE_OAUTH_TOKEN of the credential max',
      true,
      'declaration',
    ],
    [
      'of a running one, what its process has',
      { credential: FILE, files: TOKEN_FILE, given: TOKEN_GIVEN },
      'CLAUDE_CODE_OAUTH_TOKEN of the credential max',
      true,
      'process',
    ],
    [
      'a cloud provider before all',
      { given: { ...TOKEN_GIVEN, ANTHROPIC_API_KEY: KEY, ANTHROPIC_AUTH_TOKEN: 'x', CLAUDE_CODE_USE_BEDROCK: '1' } },
      'CLAUDE_CODE_USE_BEDROCK of its process',
      false,
      'process',
    ],
    [
      'a bearer token before a key',
      { given: { ...TOKEN_GIVEN, ANTHROPIC_API_KEY: KEY, ANTHROPIC_AUTH_TOKEN: 'x' } },
      'ANTHROPIC_AUTH_TOKEN of its process',
      false,
      'process',
    ],
    [
      'a key before a token',
      { given: { ...TOKEN_GIVEN, ANTHROPIC_API_KEY: KEY } },
      'ANTHROPIC_API_KEY of its process',
      false,
      'process',
    ],
    [
      'a key that `env` declares is called by it',
      { spec: { env: { ANTHROPIC_API_KEY: KEY } }, given: { ...TOKEN_GIVEN, ANTHROPIC_API_KEY: KEY } },
      'ANTHROPIC_API_KEY of `env`',
      false,
      'process',
    ],
    [
      'a key that `env` declares no more is still in the process',
      { given: { ...TOKEN_GIVEN, ANTHROPIC_API_KEY: KEY } },
      'ANTHROPIC_API_KEY of its process',
      false,
      'process',
    ],
    [
      'a key that `env` has declared since the process began is not used yet',
      { spec: { env: { ANTHROPIC_API_KEY: KEY } }, given: TOKEN_GIVEN },
      'CLAUDE_CODE_OAUTH_TOKEN of the credential max',
      true,
      'process',
    ],
    [
      'an empty variable is none',
      { given: { ...TOKEN_GIVEN, ANTHROPIC_API_KEY: '' } },
      'CLAUDE_CODE_OAUTH_TOKEN of the credential max',
      true,
      'process',
    ],
    [
      'a helper of the settings before a token',
      { files: { [SETTINGS]: '{"apiKeyHelper":"./key"}' }, given: TOKEN_GIVEN },
      `apiKeyHelper of SETTINGS`,
      false,
      'process',
    ],
    [
      'a key of the settings over the environment',
      { files: { [SETTINGS]: JSON.stringify({ env: { ANTHROPIC_API_KEY: KEY } }) }, given: TOKEN_GIVEN },
      'ANTHROPIC_API_KEY of SETTINGS',
      false,
      'process',
    ],
    [
      'the same variable of the settings is not the credential',
      { files: { [SETTINGS]: JSON.stringify({ env: TOKEN_GIVEN }) }, given: TOKEN_GIVEN },
      'CLAUDE_CODE_OAUTH_TOKEN of SETTINGS',
      false,
      'process',
    ],
    [
      'a token before a profile and a login',
      { files: { [LOGIN_FILE]: stored(SIGNED_IN) }, given: { ...TOKEN_GIVEN, ANTHROPIC_PROFILE: 'x' } },
      'CLAUDE_CODE_OAUTH_TOKEN of the credential max',
      true,
      'process',
    ],
    [
      'a declared login, when nothing stands before it',
      { credential: LOGIN, files: { [LOGIN_FILE]: stored(SIGNED_IN) }, given: {} },
      'the stored login of LOGIN',
      true,
      'process',
    ],
    [
      'a declared login loses to a token',
      { credential: LOGIN, files: { [LOGIN_FILE]: stored(SIGNED_IN) }, given: TOKEN_GIVEN },
      'CLAUDE_CODE_OAUTH_TOKEN of its process',
      false,
      'process',
    ],
    [
      'a declared key',
      { credential: API_KEY, given: { ANTHROPIC_API_KEY: KEY } },
      'ANTHROPIC_API_KEY of the credential key',
      true,
      'process',
    ],
    ['nothing at all', { credential: LOGIN, given: {} }, null, false, 'process'],
    [
      'no declaration',
      { spec: { credentials: [] }, given: TOKEN_GIVEN },
      'CLAUDE_CODE_OAUTH_TOKEN of its process',
      null,
      'process',
    ],
  ];
  test.each(rows)('%s', (_what, scene, where, isDeclared, seenIn) => {
    const [row] = reportOf(scene).agents;
    const shown = row?.source?.where
      .replace(/\/\S+\/settings\.json$/, 'SETTINGS')
      .replace(/\/\S+credentials\.json$/, 'LOGIN');
    expect({ where: shown ?? null, isDeclared: row?.isDeclared, seenIn: row?.seenIn }).toEqual({
      where,
      isDeclared,
      seenIn,
    });
  });

  test('a fingerprint stands for each value, and no value is told', () => {
    const report = reportOf({
      credential: FILE,
      files: TOKEN_FILE,
      given: { ...TOKEN_GIVEN, ANTHROPIC_API_KEY: KEY, CLAUDE_CODE_USE_VERTEX: '1' },
    });
    const [row] = report.agents;
    expect([row?.source, ...(row?.others ?? [])].map((source) => [source?.name, source?.fingerprint])).toEqual([
      ['CLAUDE_CODE_USE_VERTEX', null],
      ['ANTHROPIC_API_KEY', fingerprint(KEY)],
      ['CLAUDE_CODE_OAUTH_TOKEN', fingerprint(TOKEN)],
    ]);
    expect(JSON.stringify(report)).not.toContain(TOKEN);
    expect(JSON.stringify(report)).not.toContain(KEY);
  });

  test('of a stopped agent the secret in place is the one that it would be given', () => {
    const [row] = reportOf({ credential: FILE, files: TOKEN_FILE }).agents;
    expect(row?.source?.fingerprint).toBe(fingerprint(TOKEN));
  });
});

describe('what its process has said of its source', () => {
  const said: readonly (readonly [string, Partial<Run>, boolean | null])[] = [
    ['nothing', {}, null],
    ['nothing that names one', { tokenSource: null, apiKeySource: null }, null],
    ['the declared one', { tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN', apiKeySource: 'none' }, true],
    ['another one', { tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN', apiKeySource: 'ANTHROPIC_API_KEY' }, false],
  ];
  test.each(said)('%s', (_what, run, confirmed) => {
    const [row] = reportOf({ given: TOKEN_GIVEN, run }).agents;
    expect(row).toMatchObject({
      confirmed,
      tokenSource: run.tokenSource ?? null,
      apiKeySource: run.apiKeySource ?? null,
    });
  });

  test('confirms nothing where nothing was declared', () => {
    const run = { tokenSource: 'ANTHROPIC_API_KEY' };
    expect(reportOf({ spec: { credentials: [] }, given: {}, run }).agents[0]?.confirmed).toBeNull();
  });
});

describe('when a credential ends', () => {
  const endOf = (scene: Scene): string | null | undefined =>
    reportOf(scene).credentials.find(({ agents }) => agents.length > 0)?.endsAt;
  const day = (days: number): string => new Date(NOW + days * DAY_MS).toISOString();

  test('a token: a year after the day that its declaration names, else nobody knows', () => {
    expect(endOf({ credential: { ...FILE, mintedAt: NOW - 360 * DAY_MS }, files: TOKEN_FILE })).toBe(day(5));
    expect(endOf({ credential: FILE, files: TOKEN_FILE })).toBeNull();
  });

  test('a token: rather by what was noted of this very one', () => {
    const home = temporaryFolder();
    recordMint(home, { credential: 'max', fingerprint: fingerprint(TOKEN), mintedAt: day(-100) });
    recordMint(home, { credential: 'max', fingerprint: 'anotherone', mintedAt: day(-1) });
    const declared = { ...FILE, mintedAt: NOW - 360 * DAY_MS };
    expect(endOf({ credential: declared, files: TOKEN_FILE, ask: { home } })).toBe(day(265));
  });

  test('a login: when a person must sign in again, and not when its access token lapses', () => {
    const files = { [LOGIN_FILE]: stored({ ...SIGNED_IN, expiresAt: NOW - 1 }) };
    expect(endOf({ credential: LOGIN, files })).toBe(day(20));
    expect(
      endOf({ credential: LOGIN, files: { [LOGIN_FILE]: stored({ ...SIGNED_IN, refreshTokenExpiresAt: null }) } }),
    ).toBeNull();
    expect(endOf({ credential: LOGIN })).toBeNull();
  });

  test('a key: never by itself', () => {
    expect(endOf({ credential: { ...API_KEY, mintedAt: NOW } })).toBeNull();
  });
});

test('the secret in place is that of the variable that is held, else the one that was given out', () => {
  const held = reportOf({ given: TOKEN_GIVEN, ask: { held: { CLAUDE_CODE_OAUTH_TOKEN: 'another-token' } } });
  expect(held.credentials[0]?.fingerprint).toBe(fingerprint('another-token'));
  expect(reportOf({ given: TOKEN_GIVEN }).credentials[0]?.fingerprint).toBeNull();
});

test('what is not well stands below, and what is well does not', () => {
  const well = reportOf({ credential: { ...FILE, mintedAt: NOW }, files: TOKEN_FILE });
  expect(well.findings).toEqual([]);
  const stray = reportOf({
    credential: { ...FILE, mintedAt: NOW },
    files: TOKEN_FILE,
    spec: { env: { ANTHROPIC_API_KEY: KEY } },
  });
  expect(stray.findings.map(({ level, id, about }) => `${level} ${id} ${about}`)).toEqual([
    'warning stray-api-key agent ada',
  ]);
});

test('asked of some agents it tells of them and their credentials alone', () => {
  const nobody = reportOf({ ask: { names: new Set<string>() } });
  expect(nobody).toEqual({ credentials: [], agents: [], findings: [] });
  expect(reportOf({ ask: { names: new Set(['ada']) } }).credentials.map(({ name }) => name)).toEqual(['max']);
});

test('who runs no Claude Code signs in with nothing, and still counts among those who are given a credential', () => {
  const report = reportOf({ spec: { mode: 'command', command: ['sleep', '1'] } });
  expect(report.agents).toEqual([]);
  expect(report.credentials[0]?.agents).toEqual(['ada']);
});
