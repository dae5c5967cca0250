import { describe, expect, test } from 'vitest';
import { accepted } from './helpers.ts';

const credentials = {
  max: { type: 'oauth-token', from: { env: 'A' } },
  login: { type: 'stored-login' },
};

/** `path: what is doubtful` of every warning. */
function warningsOf(agent: object, defaults: object = {}): readonly string[] {
  return accepted({ credentials, defaults, agents: [{ name: 'a', ...agent }] }).warnings.map(({ message }) => message);
}

describe('literal variables', () => {
  test.each(['GH_TOKEN', 'SECRET_X', 'apiKey', 'DB_PASSWORD'])(
    '%s looks like a secret, and envFile is named',
    (name) => {
      const { warnings } = accepted({ agents: [{ name: 'a', env: { [name]: 'swordfish' } }] });
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatchObject({ path: `agents[0].env.${name}`, hint: 'put it into `envFile`' });
      expect(JSON.stringify(warnings)).not.toContain('swordfish');
    },
  );

  test('a limit counted in tokens, a harmless name, and a variable that is passed on are no secrets', () => {
    expect(warningsOf({ env: { MAX_THINKING_TOKENS: '9000', LOG_LEVEL: 'debug' }, envPass: ['GH_TOKEN'] })).toEqual([]);
  });

  test('in `defaults` they are named once, there', () => {
    const { warnings } = accepted({ defaults: { env: { MY_KEY: 'x' } }, agents: [{ name: 'a' }, { name: 'b' }] });
    expect(warnings.map(({ path }) => path)).toEqual(['defaults.env.MY_KEY']);
  });

  test('a variable that signs in belongs under credentials, literal or passed on', () => {
    expect(warningsOf({ env: { ANTHROPIC_API_KEY: 'x', ANTHROPIC_AUTH_TOKEN: 'x' } })).toHaveLength(2);
    const { warnings } = accepted({ agents: [{ name: 'a', envPass: ['CLAUDE_CODE_OAUTH_TOKEN'] }] });
    expect(warnings.map(({ hint }) => hint)).toEqual([
      "declare it under `credentials` (from: { env: 'CLAUDE_CODE_OAUTH_TOKEN' }), so that a failure can be told apart",
    ]);
  });

  test('a marker of a Claude Code session keeps the agent from saving its own', () => {
    expect(warningsOf({ env: { CLAUDECODE: '1' }, envPass: ['CLAUDE_CODE_SESSION_ID'] })).toEqual([
      'agents[0].env.CLAUDECODE: CLAUDECODE keeps `claude` from saving the session',
      'agents[0].envPass: CLAUDE_CODE_SESSION_ID keeps `claude` from saving the session',
    ]);
  });
});

describe('a second way to sign in', () => {
  test('overrules the declared credential', () => {
    expect(warningsOf({ credential: 'max', env: { CLAUDE_CODE_USE_BEDROCK: '1' } })).toEqual([
      'agents[0].env.CLAUDE_CODE_USE_BEDROCK: CLAUDE_CODE_USE_BEDROCK overrules the credential "max"',
    ]);
    expect(warningsOf({ env: { CLAUDE_CODE_USE_BEDROCK: '1' } })).toEqual([]);
  });

  test('a config folder of its own matters to a stored login only', () => {
    expect(warningsOf({ credential: 'login', env: { CLAUDE_CONFIG_DIR: '/x' } })).toHaveLength(1);
    expect(warningsOf({ credential: 'max', env: { CLAUDE_CONFIG_DIR: '/x' } })).toEqual([]);
  });
});

test('arguments that agentvisor sets itself, and a model among the arguments', () => {
  expect(
    warningsOf({ claude: { args: ['--print', '--model=opus', '--resume', 'x', '--allowedTools', 'Bash'] } }),
  ).toEqual([
    "agents[0].claude.args[0]: --print is agentvisor's to set",
    'agents[0].claude.args[1]: the model is an option of its own',
    "agents[0].claude.args[2]: --resume is agentvisor's to set",
  ]);
});

test('options that do nothing for a command agent', () => {
  const worker = { mode: 'command', command: ['node'] };
  expect(warningsOf({ ...worker, idleWake: { after: '5m' }, restart: { delayMin: '2s' } })).toEqual([
    'agents[0].idleWake: `idleWake` does nothing for a command agent',
  ]);
  expect(warningsOf(worker, { idleWake: { after: '5m' } })).toEqual([]);
});

test('names that the command line or a disk would confuse', () => {
  expect(warningsOf({ name: 'worker.ts' })).toEqual(['agents[0].name: `start worker.ts` would look for a file']);
  const { warnings } = accepted({ agents: [{ name: 'Web' }, { name: 'db' }, { name: 'web' }] });
  expect(warnings.map(({ message }) => message)).toEqual([
    'agents[2].name: differs from agents[0] by upper and lower case only',
  ]);
});
