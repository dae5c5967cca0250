import { describe, expect, test } from 'vitest';
import { FACTS, FILE, accepted, firstAgent } from './helpers.ts';

const max = { type: 'oauth-token', from: { env: 'CLAUDE_CODE_OAUTH_TOKEN' } };
const key = { type: 'api-key', from: { file: 'keys/key' } };

describe('an agent of which only the name is given', () => {
  test('takes every default', () => {
    expect(firstAgent({ agents: [{ name: 'a' }] })).toEqual({
      name: 'a',
      namespace: 'default',
      mode: 'stream',
      cwd: '/srv/agents',
      command: null,
      credentials: [],
      claude: { bin: 'claude', model: null, args: [], resume: true },
      env: {},
      envFile: null,
      envPass: [],
      restart: { when: 'always', delayMsMin: 1000, delayMsMax: 300_000, crashesMax: 5, crashWindowMs: 600_000 },
      auth: {
        quiet: {
          strategy: 'adaptive',
          delayMsMin: 20_000,
          delayMsMax: 180_000,
          longDelayMsMax: 1_800_000,
          jitter: 0.2,
        },
        verify: { prompt: 'Reply with OK.', timeoutMs: 300_000 },
        redeliver: 'auto',
      },
      idleWake: { afterMs: 3_600_000, when: 'before-message', at: null },
      stop: { interruptTimeoutMs: 5000, killTimeoutMs: 10_000, killMode: 'tree' },
      watch: { startTimeoutMs: 90_000, turnSilenceMs: 1_800_000, afterResultMs: 600_000 },
      memory: { maxBytes: null },
      log: { sizeBytesMax: 52_428_800, keep: 5, totalBytesMax: 524_288_000, onFull: 'truncate-oldest' },
      fallback: { whenCapped: false },
      rotate: { onChange: 'roll' },
      enabled: true,
      file: FILE,
    });
  });

  test('a null for every option changes nothing but idle-wake, which it turns off', () => {
    const options = [
      'namespace',
      'mode',
      'cwd',
      'command',
      'credential',
      'claude',
      'env',
      'envFile',
      'envPass',
      'restart',
      'auth',
    ];
    const groups = ['idleWake', 'stop', 'watch', 'memory', 'log', 'rotate', 'enabled'];
    const cleared = Object.fromEntries([...options, ...groups].map((option) => [option, null]));
    const plain = firstAgent({ agents: [{ name: 'a' }] });
    expect(firstAgent({ agents: [{ ...cleared, name: 'a' }] })).toEqual({
      ...plain,
      idleWake: { ...plain.idleWake, afterMs: null },
    });
  });
});

describe('defaults', () => {
  test('hold for every agent, objects deeply, arrays and scalars replaced', () => {
    const { agents } = accepted({
      defaults: { claude: { model: 'opus', args: ['--verbose'] }, env: { A: '1', B: '2' }, namespace: 'team' },
      agents: [{ name: 'a' }, { name: 'b', claude: { args: ['--debug'] }, env: { B: '3', C: '' } }],
    }).ecosystem;
    expect(agents.map(({ claude }) => [claude.model, claude.args])).toEqual([
      ['opus', ['--verbose']],
      ['opus', ['--debug']],
    ]);
    expect(agents.map(({ env }) => env)).toEqual([
      { A: '1', B: '2' },
      { A: '1', B: '3', C: '' },
    ]);
    expect(agents.map(({ namespace }) => namespace)).toEqual(['team', 'team']);
  });

  test('null clears them in one agent', () => {
    const defaults = {
      credential: 'max',
      claude: { model: 'opus' },
      env: { A: '1' },
      memory: { max: '1GB' },
      cwd: 'x',
      restart: { delayMin: '9s' },
    };
    const own = {
      credential: null,
      claude: { model: null },
      env: { A: null },
      memory: { max: null },
      cwd: null,
      restart: null,
    };
    const agent = firstAgent({ credentials: { max }, defaults, agents: [{ name: 'a', ...own }] });
    expect(agent.credentials).toEqual([]);
    expect(agent.claude.model).toBeNull();
    expect(agent.env).toEqual({});
    expect(agent.memory.maxBytes).toBeNull();
    expect(agent.cwd).toBe('/srv/agents');
    expect(agent.restart.delayMsMin).toBe(1000);
  });

  test('claude options of `defaults` do no harm to a command agent, nor `defaults.command` to a stream agent', () => {
    const defaults = { claude: { model: 'opus' }, command: ['node', 'x.mjs'] };
    const { agents } = accepted({ defaults, agents: [{ name: 'a', mode: 'command' }, { name: 'b' }] }).ecosystem;
    expect(agents.map(({ mode, command }) => [mode, command])).toEqual([
      ['command', ['node', 'x.mjs']],
      ['stream', null],
    ]);
  });
});

describe('paths', () => {
  test('are relative to the file, and ~ is the home', () => {
    const agent = firstAgent({
      agents: [{ name: 'a', cwd: '~/desk/', envFile: '../a.env', claude: { bin: './bin/claude' } }],
    });
    expect([agent.cwd, agent.envFile, agent.claude.bin]).toEqual([
      '/home/ada/desk',
      '/srv/a.env',
      '/srv/agents/bin/claude',
    ]);
  });

  test('a program without a slash is left to PATH, and only the first word of a command is a program', () => {
    const agent = (command: readonly string[]): unknown =>
      firstAgent({ agents: [{ name: 'a', mode: 'command', command }] }).command;
    expect(agent(['node', './worker.mjs'])).toEqual(['node', './worker.mjs']);
    expect(agent(['./run', './x'])).toEqual(['/srv/agents/run', './x']);
  });
});

describe('credentials', () => {
  test('keep their source, never a secret', () => {
    const paid = { billable: true, ceilingUsd: 2.5, mintedAt: '2026-05-01' };
    const script = { type: 'oauth-token', from: { command: ['./token', 'max'] }, ...paid };
    const { credentials } = accepted({
      credentials: { max, key, script, login: { type: 'stored-login' } },
      agents: [],
    }).ecosystem;
    expect(credentials).toEqual([
      {
        name: 'max',
        type: 'oauth-token',
        from: { env: 'CLAUDE_CODE_OAUTH_TOKEN' },
        configDir: null,
        billable: false,
        ceilingUsd: null,
        mintedAt: null,
      },
      {
        name: 'key',
        type: 'api-key',
        from: { file: '/srv/agents/keys/key' },
        configDir: null,
        billable: true,
        ceilingUsd: null,
        mintedAt: null,
      },
      {
        name: 'script',
        type: 'oauth-token',
        from: { command: ['/srv/agents/token', 'max'] },
        configDir: null,
        billable: true,
        ceilingUsd: 2.5,
        mintedAt: Date.UTC(2026, 4, 1),
      },
      {
        name: 'login',
        type: 'stored-login',
        from: null,
        configDir: `${FACTS.home}/.claude`,
        billable: false,
        ceilingUsd: null,
        mintedAt: null,
      },
    ]);
  });

  test('one name or a list, the first before its fallbacks', () => {
    const credentials = { max, key };
    const named = (credential: unknown): unknown =>
      firstAgent({ credentials, agents: [{ name: 'a', credential }] }).credentials;
    expect([named('max'), named(['key', 'max']), named([]), named(null)]).toEqual([['max'], ['key', 'max'], [], []]);
  });

  test('an agent whose first credential is billable is asked nothing by itself, unless the file says so', () => {
    const prompt = (agent: object, defaults: object = {}): unknown =>
      firstAgent({ credentials: { max, key }, defaults, agents: [{ name: 'a', ...agent }] }).auth.verify.prompt;
    expect(prompt({ credential: 'key' })).toBe(false);
    expect(prompt({ credential: ['key', 'max'] })).toBe(false);
    expect(prompt({ credential: ['max', 'key'] })).toBe('Reply with OK.');
    expect(prompt({ credential: 'key', auth: { verify: { prompt: 'Hello?' } } })).toBe('Hello?');
    expect(prompt({ credential: 'key' }, { auth: { verify: { prompt: 'All?' } } })).toBe('All?');
    expect(prompt({ credential: 'max', auth: { verify: { prompt: false } } })).toBe(false);
  });
});

test('idle-wake can be turned off by null, by false, and as a whole', () => {
  const after = (idleWake: unknown): unknown => firstAgent({ agents: [{ name: 'a', idleWake }] }).idleWake.afterMs;
  expect([after({ after: null }), after({ after: false }), after(null), after({}), after({ after: '45m' })]).toEqual([
    null,
    null,
    null,
    3_600_000,
    2_700_000,
  ]);
});

test('zero is a value where it makes sense', () => {
  const agent = firstAgent({
    agents: [
      {
        name: 'a',
        restart: { delayMin: 0 },
        stop: { killTimeout: '0s' },
        log: { keep: 0 },
        auth: { quiet: { jitter: 0 } },
      },
    ],
  });
  expect([agent.restart.delayMsMin, agent.stop.killTimeoutMs, agent.log.keep, agent.auth.quiet.jitter]).toEqual([
    0, 0, 0, 0,
  ]);
});

test('notices go to programs and addresses', () => {
  const notify = [{ command: ['./page-me', 'now'] }, { webhook: 'https://example.org/hook' }];
  expect(accepted({ notify, agents: [] }).ecosystem.notify).toEqual([
    { command: ['/srv/agents/page-me', 'now'] },
    { webhook: 'https://example.org/hook' },
  ]);
});

test('the result is plain JSON', () => {
  const { ecosystem } = accepted({
    credentials: { max, key },
    defaults: { credential: 'max' },
    agents: [{ name: 'a' }],
  });
  expect(JSON.parse(JSON.stringify(ecosystem))).toEqual(ecosystem);
});
