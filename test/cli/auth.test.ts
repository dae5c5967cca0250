import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AuthReport, CredentialRow, CredentialVerdict, SignInRow } from '../../src/protocol/auth-rows.ts';
import { AgentvisorError, noSuchAgent } from '../../src/protocol/errors.ts';
import { TOKEN } from '../box.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { temporaryFolder } from './folder.ts';
import { agentRow } from './rows.ts';
import { runCli } from './run-cli.ts';
import { runInTerminal } from './run-in-terminal.ts';
import { asked, daemonThatSays } from './scripted-daemon.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

const credential = (row: Partial<CredentialRow> = {}): CredentialRow => ({
  name: 'max',
  type: 'oauth-token',
  source: 'file /srv/token',
  fingerprint: '0123abcd',
  agents: ['reviewer'],
  verdict: 'works',
  incidents: [],
  lastGood: { agent: 'reviewer', at: inDays(-2.5), fingerprint: '0123abcd' },
  endsAt: inDays(200),
  rotation: null,
  ...row,
});

const agent = (row: Partial<SignInRow> = {}): SignInRow => ({
  name: 'reviewer',
  state: 'running',
  credential: 'max',
  seenIn: 'process',
  source: {
    kind: 'oauth-token',
    name: 'CLAUDE_CODE_OAUTH_TOKEN',
    where: 'CLAUDE_CODE_OAUTH_TOKEN of the credential max',
    fingerprint: '0123abcd',
  },
  others: [],
  isDeclared: true,
  tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN',
  apiKeySource: 'none',
  confirmed: true,
  incident: null,
  verdict: 'works',
  ...row,
});

const report = (change: Partial<AuthReport> = {}): AuthReport => ({
  credentials: [credential()],
  agents: [agent()],
  findings: [],
  ...change,
});

const STRAY = agent({
  name: 'a-night-watch-with-a-very-long-name',
  source: {
    kind: 'api-key',
    name: 'ANTHROPIC_API_KEY',
    where: 'ANTHROPIC_API_KEY of its process',
    fingerprint: 'ffff',
  },
  isDeclared: false,
  tokenSource: 'ANTHROPIC_API_KEY',
  confirmed: false,
});

const rotation: NonNullable<CredentialRow['rotation']> = {
  id: 'r1',
  credential: 'max',
  from: 'a',
  to: 'b',
  stage: 'rolling',
  why: '',
  over: false,
  unproven: ['bob', 'cyn'],
};

const longest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));
// oxlint-disable-next-line no-control-regex -- they are what is taken out
const withoutColours = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*m/g, '');

describe('auth for people', () => {
  test('is a table of credentials and one of agents', async () => {
    const { run, daemon } = await daemonThatSays({ auth: report() });
    expect(await run(['auth', 'rev*'])).toEqual({
      code: 0,
      stdout: [
        'CREDENTIAL  VERDICT  ENDS  GOOD  BY        AGENTS  SECRET    TYPE         FROM',
        'max         works    200d    2d  reviewer       1  0123abcd  oauth-token  file /srv/token',
        '',
        'AGENT     USES                     DECLARED  HEARD  CRED  SECRET    SEEN IN  FROM',
        'reviewer  CLAUDE_CODE_OAUTH_TOKEN  yes       yes    max   0123abcd  process  CLAUDE_CODE_OAUTH_TOKEN of the credential max',
        '',
      ].join('\n'),
      stderr: '',
    });
    expect(asked(daemon)).toEqual({ method: 'auth', params: { targets: ['rev*'] } });
  });

  test('names below what has another source than the declared one, and what to do', async () => {
    const said = agent({ name: 'bob', confirmed: false, apiKeySource: 'apiKeyHelper' });
    const { run } = await daemonThatSays({ auth: report({ agents: [STRAY, said] }) });
    expect((await run(['auth'])).stdout.split('\n').slice(-5)).toEqual([
      `warning: agent ${STRAY.name}: ANTHROPIC_API_KEY of its process wins over the credential max`,
      `  -> when the declaration is right: agentvisor restart ${STRAY.name}`,
      'warning: agent bob: Claude Code says that it uses CLAUDE_CODE_OAUTH_TOKEN apiKeyHelper, not the credential max',
      '  -> when the declaration is right: agentvisor restart bob',
      '',
    ]);
  });

  test('shows findings as doctor does, and says nothing twice', async () => {
    const finding = {
      id: 'stray-api-key',
      level: 'warning',
      about: `agent ${STRAY.name}`,
      found: 'ANTHROPIC_API_KEY of `env` wins',
      todo: 'remove it',
    } as const;
    const { run } = await daemonThatSays({ auth: report({ agents: [STRAY], findings: [finding] }) });
    const { stdout } = await run(['auth']);
    expect(stdout).toContain(`\n\nwarning: agent ${STRAY.name}: ANTHROPIC_API_KEY of \`env\` wins\n  -> remove it\n`);
    expect(stdout.match(/warning/g)).toHaveLength(1);
  });

  test('shows a replacement under way, and one that waits for messages', async () => {
    const under = credential({ rotation });
    const left = credential({ name: 'spare', rotation: { ...rotation, stage: 'settling', over: true } });
    const { run } = await daemonThatSays({ auth: report({ credentials: [under, left] }) });
    const { stdout } = await run(['auth']);
    expect(stdout).toContain('the secret of max is being replaced (rolling, unproven: bob, cyn)');
    expect(stdout).toContain('the new secret of spare is in place; messages to bob, cyn will prove it');
  });

  test('says what is not known with a dash, and an end that is over', async () => {
    const bare = credential({ fingerprint: null, lastGood: null, endsAt: inDays(-1), verdict: 'expiring' });
    const nothing = agent({ source: null, credential: null, isDeclared: null, confirmed: null });
    const { run } = await daemonThatSays({ auth: report({ credentials: [bare], agents: [nothing] }) });
    const [, line, , , row] = (await run(['auth'])).stdout.split('\n');
    expect(line).toMatch(/^max +expiring +ended +- +- +1 +- +oauth-token/);
    expect(row).toMatch(/^reviewer +nothing +- +- +- +- +process +-$/);
  });

  test.each([60, 80, 140])('fits %i columns, and what matters stays', async (columns) => {
    const rows = report({
      credentials: [
        credential({ name: 'a-token-with-a-name-that-is-long', verdict: 'session incident' }),
        credential(),
      ],
      agents: [STRAY, agent()],
    });
    const { home } = await daemonThatSays({ auth: rows });
    const { screen } = await runInTerminal(columns, ['auth'], { home });
    const plain = withoutColours(screen);
    expect(longest(plain)).toBeLessThanOrEqual(columns);
    expect(plain).toMatch(/^CREDENTIAL +VERDICT +ENDS +GOOD/m);
    expect(plain).toMatch(/ session incident +200d/);
    expect(plain).toMatch(/^AGENT +USES +DECLARED/m);
    expect(screen).toContain('\u001b[31msession incident\u001b[0m');
    expect(screen).toContain('\u001b[31mno\u001b[0m');
  });
});

test('auth --json is what the daemon knows', async () => {
  const rows = report({ agents: [STRAY] });
  const { run } = await daemonThatSays({ auth: rows });
  expect(JSON.parse((await run(['auth', '--json'])).stdout)).toEqual(rows);
});

test('auth of an unknown agent ends with 4', async () => {
  const { run } = await daemonThatSays({ auth: noSuchAgent('x') });
  expect(await run(['auth', 'x'])).toMatchObject({ code: 4, stdout: '' });
});

describe('auth --check ends', () => {
  const codes: readonly (readonly [CredentialVerdict, number])[] = [
    ['works', 0],
    ['dead', 1],
    ['expiring', 10],
    ['unproven', 11],
    ['capped', 12],
    ['session incident', 13],
    ['window', 13],
    ['incident', 13],
  ];
  test.each(codes)('for "%s" with %i, and without --check with 0', async (verdict, code) => {
    const { run } = await daemonThatSays({ auth: report({ credentials: [credential({ verdict })] }) });
    expect((await run(['auth', '--check'])).code).toBe(code);
    expect((await run(['auth', '--check', '--json'])).code).toBe(code);
    expect((await run(['auth'])).code).toBe(0);
  });

  test('as the worst of several; one that nobody uses does not count', async () => {
    const all = (['unproven', 'expiring', 'capped', 'works'] as const).map((verdict) => credential({ verdict }));
    const unused = credential({ verdict: 'dead', agents: [] });
    const { run } = await daemonThatSays({ auth: report({ credentials: [...all, unused] }) });
    expect((await run(['auth', '--check'])).code).toBe(12);
  });

  test('as an agent without a declared credential is, when there is one', async () => {
    const own = agent({ credential: null, verdict: 'window' });
    const { run } = await daemonThatSays({ auth: report({ agents: [own] }) });
    expect((await run(['auth', '--check'])).code).toBe(13);
  });

  test('with 3 where no daemon is and nothing is wrong', async () => {
    const home = join(temporaryFolder(), 'home');
    expect(await runCli(['auth', '--check'], { home })).toEqual({
      code: 3,
      stdout: 'no credential is declared\n',
      stderr: 'agentvisor: daemon not running, 0 agents alive\n',
    });
  });
});

describe('below a list', () => {
  const lines = async (...rows: readonly CredentialRow[]): Promise<readonly string[]> => {
    const { run } = await daemonThatSays({ list: [agentRow()], 'credential-states': rows });
    return (await run(['list'])).stdout.trimEnd().split('\n').slice(3);
  };

  test('stands a credential that ends within 14 days, once', async () => {
    expect(await lines(credential({ endsAt: inDays(13.5), verdict: 'expiring' }))).toEqual([
      'max ends in 14d; see: agentvisor auth',
    ]);
    expect(await lines(credential({ endsAt: inDays(-1), verdict: 'expiring' }))).toEqual([
      'max has ended; see: agentvisor auth',
    ]);
  });

  test('stands one that is dead, and one that is being replaced', async () => {
    const dead = credential({ verdict: 'dead', endsAt: inDays(1), rotation });
    expect(await lines(dead)).toEqual([
      'max is dead: replace what stands there; see: agentvisor auth',
      'the secret of max is being replaced (rolling, unproven: bob, cyn); see: agentvisor auth',
    ]);
  });

  test('stands nothing of one that is well, nor of one that no listed agent uses', async () => {
    expect(await lines(credential(), credential({ name: 'spare', verdict: 'dead' }))).toEqual([]);
  });

  test('stands nothing when the daemon does not know of credentials yet, and the list is there', async () => {
    const unknown = new AgentvisorError('usage', 'There is no method "credential-states".', '');
    const { run } = await daemonThatSays({ list: [agentRow()], 'credential-states': unknown });
    expect(await run(['list'])).toMatchObject({ code: 0, stdout: expect.stringContaining('reviewer'), stderr: '' });
  });

  test('nothing of it is in list --json, nor asked for it', async () => {
    const { run, daemon } = await daemonThatSays({ list: [agentRow()] });
    expect(JSON.parse((await run(['list', '--json'])).stdout)).toEqual([agentRow()]);
    expect(daemon.requests.map(({ method }) => method)).toEqual(['hello', 'list']);
  });
});

describe('beside agents', () => {
  const read = (stdout: string): AuthReport => JSON.parse(stdout) as AuthReport;

  test('a credential is unproven before the first good answer and works behind it; a daemon that is gone changes what is known not at all', async () => {
    const fleet = standInBox(['ada', 'bob']);
    await fleet.ok('start');
    expect((await fleet.av('auth', '--check')).code).toBe(11);
    await fleet.ok('send', 'ada', 'hello', '--wait');
    const online = await fleet.av('auth', '--check', '--json');
    expect(online.code).toBe(0);
    const { credentials, agents } = read(online.stdout);
    expect(credentials).toMatchObject([
      { name: 'max', verdict: 'works', lastGood: { agent: 'ada' }, agents: ['ada', 'bob'] },
    ]);
    expect(agents).toMatchObject([
      { name: 'ada', seenIn: 'process', isDeclared: true, confirmed: true, apiKeySource: 'none', verdict: 'works' },
      { name: 'bob', seenIn: 'process', isDeclared: true, confirmed: true, apiKeySource: null, verdict: 'unproven' },
    ]);
    await fleet.ok('daemon', 'stop');
    const offline = await fleet.av('auth', '--json');
    expect(offline).toMatchObject({ code: 3, stderr: 'agentvisor: daemon not running, 2 agents alive\n' });
    expect({ ...read(offline.stdout), findings: [] }).toEqual({ credentials, agents, findings: [] });
    expect((await fleet.av('auth', '--check')).code).toBe(3);
    for (const { stdout } of [online, offline]) expect(stdout).not.toContain(TOKEN.slice(13));
  });

  test('a stray key of `env` is the source that wins and an incident at once, and never shown', async () => {
    const key = `sk-ant-api03-${'k3y'.repeat(30)}`;
    const fleet = standInBox(['ada'], {}, { env: { STAND_IN_SPEED: '20', ANTHROPIC_API_KEY: key } });
    await fleet.av('start');
    await fleet.until('ada', ({ health }) => health === 'held');
    const { code, stdout } = await fleet.av('auth', '--check', '--json');
    expect(code).toBe(13);
    const { credentials, agents, findings } = read(stdout);
    expect(agents[0]).toMatchObject({
      source: { name: 'ANTHROPIC_API_KEY', where: 'ANTHROPIC_API_KEY of `env`' },
      others: [{ name: 'CLAUDE_CODE_OAUTH_TOKEN' }],
      isDeclared: false,
      confirmed: false,
      tokenSource: 'ANTHROPIC_API_KEY',
    });
    expect(credentials[0]).toMatchObject({ verdict: 'incident', incidents: [agents[0]?.incident] });
    expect((await fleet.incidents()).map(({ cause }) => cause)).toEqual(['config']);
    expect(findings.map(({ id }) => id)).toContain('stray-api-key');
    const people = await fleet.av('auth');
    for (const text of [stdout, people.stdout, people.stderr]) {
      expect(text).not.toContain(key.slice(13));
      expect(text).not.toContain(TOKEN.slice(13));
    }
  });

  test('a token that ends within days is told by the daemon, in the list and by auth', async () => {
    const fleet = standInBox([]);
    const told = join(fleet.dir, 'told');
    fleet.write({
      credentials: { max: { type: 'oauth-token', from: { env: 'TEST_TOKEN' }, mintedAt: inDays(-358).slice(0, 10) } },
      notify: [{ command: ['sh', '-c', `cat >> ${told}`] }],
      agents: [{ name: 'worker', mode: 'command', command: ['sleep', '3600'], credential: 'max' }],
    });
    await fleet.ok('start');
    await expect
      .poll(() => existsSync(told) && readFileSync(told, 'utf8').endsWith('\n'), { timeout: 10_000 })
      .toBe(true);
    expect(JSON.parse(readFileSync(told, 'utf8'))).toMatchObject({
      kind: 'attention',
      incident: null,
      scope: 'credential',
      agents: ['worker'],
      text: expect.stringContaining("'max' ends in 7 days"),
    });
    expect(await fleet.ok('list')).toContain('max ends in 7d; see: agentvisor auth');
    expect((await fleet.av('auth', '--check')).code).toBe(10);
  });
});
