import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalise } from '../../src/config/normalise.ts';
import { FACTS, FILE, onlyMistake, refused } from './helpers.ts';

const max = { type: 'oauth-token', from: { env: 'TOKEN' } };
const agent = (options: object): object => ({ agents: [{ name: 'a', ...options }] });

describe('a value that does not fit is named with its path, what was expected and what was found', () => {
  test.each([
    [5, '', 'an object', '5'],
    [[], '', 'an object', 'an empty list'],
    [null, '', 'an object', 'null'],
    [{}, 'agents', 'a list', 'nothing'],
    [{ agents: {} }, 'agents', 'a list', 'an object'],
    [{ agents: ['a'] }, 'agents[0]', 'an object', '"a"'],
    [{ agents: [{}] }, 'agents[0].name', 'a name', 'nothing'],
    [{ agents: [{ name: 7 }] }, 'agents[0].name', 'a name', '7'],
    [{ agents: [{ name: 'a b' }] }, 'agents[0].name', 'letters', '"a b"'],
    [{ agents: [{ name: '..' }] }, 'agents[0].name', 'begins with', '".."'],
    [{ agents: [{ name: 'all' }] }, 'agents[0].name', 'not "all"', '"all"'],
    [{ agents: [{ name: 'x'.repeat(65) }] }, 'agents[0].name', 'at most 64', '"xxx'],
    [{ agents: [{ name: 'a' }, { name: 'a' }] }, 'agents[1].name', 'a name of its own', '"a"'],
    [agent({ cwd: '' }), 'agents[0].cwd', 'text', '""'],
    [agent({ cwd: 'a\0b' }), 'agents[0].cwd', 'text', '"a\\u0000b"'],
    [agent({ namespace: 'a:b' }), 'agents[0].namespace', 'a name', '"a:b"'],
    [agent({ enabled: 'yes' }), 'agents[0].enabled', 'true or false', '"yes"'],
    [agent({ claude: { args: ['a', 1] } }), 'agents[0].claude.args[1]', 'text', '1'],
    [agent({ claude: { args: '--x' } }), 'agents[0].claude.args', 'a list', '"--x"'],
    [agent({ env: { A: 1 } }), 'agents[0].env.A', 'text', '1'],
    [agent({ env: { 'A-B': '1' } }), 'agents[0].env.A-B', 'the name of a variable', 'text (not shown)'],
    [agent({ env: { AGENTVISOR_RUN: 'x' } }), 'agents[0].env.AGENTVISOR_RUN', 'agentvisor itself', 'text (not shown)'],
    [agent({ envPass: ['A B'] }), 'agents[0].envPass[0]', 'the name of a variable', '"A B"'],
    [agent({ envPass: ['AGENTVISOR_AGENT'] }), 'agents[0].envPass', 'agentvisor itself', '"AGENTVISOR_AGENT"'],
    [agent({ restart: { delayMin: 'soon' } }), 'agents[0].restart.delayMin', 'a duration', '"soon"'],
    [agent({ restart: { delayMax: 0 } }), 'agents[0].restart.delayMax', 'above zero', '0'],
    [agent({ restart: { crashesMax: 0 } }), 'agents[0].restart.crashesMax', 'a whole number, 1 or more', '0'],
    [agent({ restart: { crashWindow: -5 } }), 'agents[0].restart.crashWindow', 'above zero', '-5'],
    [
      agent({ restart: { when: 'sometimes' } }),
      'agents[0].restart.when',
      "'always', 'failure' or 'never'",
      '"sometimes"',
    ],
    [agent({ auth: { quiet: { jitter: 1.1 } } }), 'agents[0].auth.quiet.jitter', 'a number from 0 to 1', '1.1'],
    [agent({ auth: { verify: { prompt: true } } }), 'agents[0].auth.verify.prompt', 'text or false', 'true'],
    [agent({ idleWake: { at: '24:00' } }), 'agents[0].idleWake.at', 'HH:MM', '"24:00"'],
    [agent({ idleWake: { after: 0 } }), 'agents[0].idleWake.after', 'false for never', '0'],
    [agent({ memory: { max: '1TB' } }), 'agents[0].memory.max', 'a size', '"1TB"'],
    [agent({ log: { keep: 1.5 } }), 'agents[0].log.keep', 'a whole number', '1.5'],
    [agent({ credential: 5 }), 'agents[0].credential', 'the name of a credential or a list', '5'],
    [
      { defaults: { stop: { killMode: 'all' } }, agents: [] },
      'defaults.stop.killMode',
      "'tree', 'group' or 'main'",
      '"all"',
    ],
    [{ notify: [{}], agents: [] }, 'notify[0]', 'either', 'an object'],
    [{ notify: [{ command: ['x'], webhook: 'https://x.y' }], agents: [] }, 'notify[0]', 'either', 'an object'],
    [{ notify: [{ webhook: 'ftp://x.y' }], agents: [] }, 'notify[0].webhook', 'http', 'text (not shown)'],
    [{ notify: [{ command: [] }], agents: [] }, 'notify[0].command', 'at least one entry', 'an empty list'],
  ])('%j', (raw, path, expected, found) => {
    const problem = onlyMistake(raw);
    expect(problem.path).toBe(path);
    expect(problem.expected).toContain(expected);
    expect(problem.found).toContain(found);
    expect(problem.message).toContain(`${path === '' ? 'the file' : path}: expected `);
    expect(problem.message).not.toContain('\n');
  });
});

describe('an unknown key', () => {
  test.each([
    [{ agents: [], agent: [] }, 'agent', 'agents'],
    [{ apps: [], agents: [] }, 'apps', 'agents'],
    [agent({ restart: { delaymin: 1 } }), 'agents[0].restart.delaymin', 'delayMin'],
    [agent({ restrat: {} }), 'agents[0].restrat', 'restart'],
    [agent({ model: 'opus' }), 'agents[0].model', 'claude.model'],
    [{ cwd: '.', agents: [] }, 'cwd', 'defaults.cwd'],
    [agent({ quiet: {} }), 'agents[0].quiet', 'auth.quiet'],
    [agent({ max_memory_restart: '1GB' }), 'agents[0].max_memory_restart', 'memory.max'],
    [agent({ auth: { verify: { promt: 'x' } } }), 'agents[0].auth.verify.promt', 'prompt'],
    [{ credentials: { x: { ...max, billabel: true } }, agents: [] }, 'credentials.x.billabel', 'billable'],
  ])('%j leads to the known one', (raw, path, meant) => {
    const problem = onlyMistake(raw);
    expect(problem.path).toBe(path);
    expect(problem.hint).toBe(`did you mean "${meant}"?`);
  });

  test('that is like none is answered with those that exist', () => {
    expect(onlyMistake(agent({ rotate: { zzzzzz: 1 } })).hint).toBe('known here: onChange');
    expect(onlyMistake({ defaults: { name: 'x' }, agents: [] }).hint).toContain('but its name');
    expect(onlyMistake(JSON.parse('{"agents":[],"__proto__":{}}')).path).toBe('__proto__');
  });
});

describe('hints', () => {
  test.each([
    [agent({ mode: 'interactive' }), "mode 'interactive' is not in this release"],
    [agent({ mode: 'task' }), "mode 'task' is not in this release"],
    [agent({ mode: 'comand' }), "did you mean 'command'?"],
    [agent({ restart: { delayMin: '5' } }), "it has no unit: write '5s' for seconds"],
    [agent({ restart: { delayMin: '5 min' } }), "write '5m'"],
    [agent({ memory: { max: '300M' } }), "write '300MB'"],
    [agent({ env: { PORT: 3000 } }), "write it as text: '3000'"],
    [agent({ credential: 'max' }), 'declare it: credentials: { max: { type: … } }'],
    [{ credentials: { max }, agents: [{ name: 'a', credential: 'mx' }] }, 'did you mean "max"?'],
  ])('%j', (raw, hint) => {
    expect(onlyMistake(raw).hint).toBe(hint);
  });
});

test('a credential that is wrong is declared all the same, and named once among those that there are', () => {
  const credentials = { max, key: { type: 'api-key', from: { env: 'A B' } } };
  const found = refused({ credentials, agents: [{ name: 'a', credential: 'nobody' }] });
  expect(found.find(({ path }) => path === 'agents[0].credential')?.expected).toBe('one of max, key');
});

describe('mode and command', () => {
  test('a command agent needs a command', () => {
    expect(onlyMistake(agent({ mode: 'command' })).path).toBe('agents[0].command');
    expect(onlyMistake(agent({ mode: 'command', command: [] })).expected).toBe('a list with at least one entry');
    expect(onlyMistake({ defaults: { mode: 'command' }, agents: [{ name: 'a' }] }).path).toBe('agents[0].command');
  });

  test('a stream agent has none, and a command agent has no claude', () => {
    expect(onlyMistake(agent({ command: ['node'] })).hint).toContain("mode: 'command'");
    expect(onlyMistake(agent({ mode: 'command', command: ['node'], claude: { model: 'opus' } })).path).toBe(
      'agents[0].claude',
    );
  });

  test('nothing is concluded from a mode or a command that is wrong itself', () => {
    expect(onlyMistake(agent({ mode: 'x', command: ['node'] })).path).toBe('agents[0].mode');
    expect(onlyMistake(agent({ mode: 'command', command: 'node' })).path).toBe('agents[0].command');
  });
});

describe('credentials', () => {
  const declared = (credential: unknown): object => ({
    credentials: { x: credential },
    agents: [{ name: 'a', credential: 'x' }],
  });

  test.each([
    [declared({ from: { env: 'A' } }), 'credentials.x.type', 'nothing'],
    [declared({ type: 'token', from: { env: 'A' } }), 'credentials.x.type', '"token"'],
    [declared({ type: 'oauth-token' }), 'credentials.x.from', 'nothing'],
    [declared({ type: 'api-key', from: {} }), 'credentials.x.from', 'an object'],
    [declared({ type: 'api-key', from: { env: 'A', file: 'b' } }), 'credentials.x.from', '2 of them'],
    [declared({ type: 'api-key', from: { command: [] } }), 'credentials.x.from.command', 'an empty list'],
    [declared({ type: 'api-key', from: { envs: 'A' } }), 'credentials.x.from.envs', 'unknown key'],
    [declared({ type: 'oauth-token', from: 'sk-ant-oat01-secret' }), 'credentials.x.from', 'text (not shown)'],
    [declared({ type: 'stored-login', from: { env: 'A' } }), 'credentials.x.from', 'an object'],
    [declared({ ...max, configDir: '~/x' }), 'credentials.x.configDir', '"~/x"'],
    [declared({ ...max, ceilingUsd: 0 }), 'credentials.x.ceilingUsd', '0'],
    [declared({ ...max, mintedAt: '2026-02-30' }), 'credentials.x.mintedAt', '"2026-02-30"'],
    [declared({ ...max, mintedAt: 1_777_593_600_000 }), 'credentials.x.mintedAt', '1777593600000'],
    [declared({ type: 'stored-login', mintedAt: '2026-05-01' }), 'credentials.x.mintedAt', '"2026-05-01"'],
    [declared('sk-ant-oat01-secret'), 'credentials.x', '"sk-ant-oat01-[redacted]"'],
    [{ credentials: { 'a b': max }, agents: [] }, 'credentials["a b"]', '"a b"'],
    [
      { credentials: { max }, defaults: { credential: 'x' }, agents: [{ name: 'a' }, { name: 'b' }] },
      'defaults.credential',
      '"x"',
    ],
    [{ credentials: { max }, agents: [{ name: 'a', credential: ['max', 'max'] }] }, 'agents[0].credential', '"max"'],
    [agent({ credential: 'constructor' }), 'agents[0].credential', '"constructor"'],
  ])('%j is one mistake', (raw, path, found) => {
    const problem = onlyMistake(raw);
    expect(problem.path).toBe(path);
    expect(problem.found).toContain(found);
    expect(JSON.stringify(problem)).not.toContain('secret');
  });
});

describe('a lower bound above its upper one', () => {
  test.each([
    [agent({ restart: { delayMin: '10m' } }), 'agents[0].restart.delayMin', 'at most restart.delayMax, which is 5m'],
    [agent({ restart: { delayMax: '500ms' } }), 'agents[0].restart.delayMax', 'at least restart.delayMin, which is 1s'],
    [
      agent({ auth: { quiet: { min: 5000, max: '4s' } } }),
      'agents[0].auth.quiet.min',
      'at most auth.quiet.max, which is 4s',
    ],
    [agent({ auth: { quiet: { max: '1h' } } }), 'agents[0].auth.quiet.max', 'at most auth.quiet.longMax, which is 30m'],
    [agent({ log: { total: '1MB' } }), 'agents[0].log.total', 'at least log.maxSize, which is 50MB'],
  ])('%j is reported where it is written', (raw, path, expected) => {
    expect(onlyMistake(raw)).toMatchObject({ path, expected });
  });

  test('is reported once when it stands in `defaults`, whatever the number of agents', () => {
    const raw = { defaults: { restart: { delayMin: '10m' } }, agents: [{ name: 'a' }, { name: 'b' }] };
    expect(onlyMistake(raw).path).toBe('defaults.restart.delayMin');
  });

  test('is seen across `defaults` and an agent', () => {
    const raw = {
      defaults: { restart: { delayMin: '2m' } },
      agents: [{ name: 'a' }, { name: 'b', restart: { delayMax: '1m' } }],
    };
    expect(onlyMistake(raw).path).toBe('agents[1].restart.delayMax');
  });

  test('is not concluded from a bound that is wrong itself', () => {
    expect(onlyMistake(agent({ restart: { delayMin: '5x', delayMax: '500ms' } })).path).toBe(
      'agents[0].restart.delayMin',
    );
  });
});

test('all mistakes are reported at once, those of values and those between them', () => {
  const problems = refused({
    credentails: {},
    credentials: { max: { type: 'oauth-token' } },
    notify: [{}],
    defaults: { mode: 'task' },
    agents: [
      { name: 'a', cwd: 5 },
      { name: 'a', credential: 'other' },
      { name: 'all', mode: 'stream', command: ['x'] },
    ],
  });
  expect(problems.map(({ path }) => path).toSorted()).toEqual([
    'agents[0].cwd',
    'agents[1].credential',
    'agents[1].name',
    'agents[2].name',
    'credentails',
    'credentials.max.from',
    'defaults.mode',
    'notify[0]',
  ]);
});

test('whatever JSON a file gives, it is accepted or refused with mistakes, never thrown at', () => {
  const word = fc.constantFrom(
    'agents',
    'name',
    'defaults',
    'credentials',
    'notify',
    'claude',
    'args',
    'env',
    'auth',
    'from',
    '__proto__',
    'x',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.constantFrom(null, true, 0, 1.5, '', 'a', 'all', '5s', 'command'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(word, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, (raw) => {
      const result = normalise(raw, FILE, FACTS);
      if (result.ok) return;
      expect(result.problems.length).toBeGreaterThan(0);
      for (const { path, expected, found, message } of result.problems) {
        expect([typeof path, typeof expected, typeof found, typeof message]).toEqual([
          'string',
          'string',
          'string',
          'string',
        ]);
      }
    }),
    { numRuns: 500 },
  );
});
