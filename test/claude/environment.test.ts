import { expect, test } from 'vitest';
import { childEnvironment, type ChildEnvironmentInput } from '../../src/claude/environment.ts';

const from = (input: Partial<ChildEnvironmentInput> = {}): Record<string, string> =>
  childEnvironment({
    plain: {},
    plainSecret: {},
    declared: {},
    envFile: {},
    passed: {},
    credential: {},
    run: '/home/agents/a/runs/1',
    agent: 'a',
    ...input,
  });

const COOKIES = { AGENTVISOR_RUN: '/home/agents/a/runs/1', AGENTVISOR_AGENT: 'a' };

test('nothing is there that nobody gave, but the pinned version and the cookies', () => {
  expect(from()).toEqual({ DISABLE_AUTOUPDATER: '1', ...COOKIES });
});

test('a later source wins: shell, env, envFile, envPass, credential', () => {
  const sources = ['plain', 'plainSecret', 'declared', 'envFile', 'passed', 'credential'] as const;
  for (const [index, last] of sources.entries()) {
    const given = sources.slice(0, index + 1).map((source) => [source, { X: source }]);
    expect(from(Object.fromEntries(given))).toMatchObject({ X: last });
  }
});

test('the operator may let the binary update itself', () => {
  expect(from({ declared: { DISABLE_AUTOUPDATER: '0' } })).toMatchObject({ DISABLE_AUTOUPDATER: '0' });
});

test.each([
  'CLAUDECODE',
  'CLAUDE_CODE_CHILD_SESSION',
  'CLAUDE_CODE_SESSION_ID',
  'CLAUDE_CODE_ENTRYPOINT',
  'CLAUDE_CODE_SSE_PORT',
  'CLAUDE_CODE_RESUME_INTERRUPTED_TURN',
])('%s never reaches an agent, from wherever', (name) => {
  for (const source of ['plain', 'declared', 'envFile', 'passed'] as const) {
    expect(from({ [source]: { [name]: '1' } })).not.toHaveProperty(name);
  }
});

test('the cookies are ours, whatever stands in the environment', () => {
  const forged = { AGENTVISOR_RUN: '/elsewhere', AGENTVISOR_AGENT: 'b' };
  expect(from({ plain: forged, declared: forged, passed: forged, credential: forged })).toMatchObject(COOKIES);
});
