import { expect, test } from 'vitest';
import { SIGN_IN_VARIABLES, signInSources } from '../../src/claude/precedence.ts';
import type { SignIn, SignInVariable } from '../../src/claude/precedence.ts';

const variable = (name: string): SignInVariable => ({
  name,
  from: '`env`',
  isOfSettings: false,
  looksLike: 'other',
  fingerprint: null,
});

const EVERYTHING: SignIn = {
  variables: SIGN_IN_VARIABLES.map(variable).toReversed(),
  helpers: ['/home/ada/.claude/settings.json'],
  login: {
    is: 'signed-in',
    refreshes: true,
    expiresAt: null,
    refreshTokenExpiresAt: null,
    subscriptionType: null,
    scopes: [],
  },
  loginFile: '/home/ada/.claude/.credentials.json',
};

test('what is there stands in the order in which Claude Code prefers it', () => {
  expect(signInSources(EVERYTHING).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'cloud CLAUDE_CODE_USE_BEDROCK',
    'cloud CLAUDE_CODE_USE_VERTEX',
    'cloud CLAUDE_CODE_USE_FOUNDRY',
    'auth-token ANTHROPIC_AUTH_TOKEN',
    'api-key ANTHROPIC_API_KEY',
    'key-helper apiKeyHelper',
    'oauth-token CLAUDE_CODE_OAUTH_TOKEN',
    'profile ANTHROPIC_PROFILE',
    'stored-login stored login',
  ]);
});

test('each source says in words where it is', () => {
  const sources = signInSources({ ...EVERYTHING, variables: [variable('ANTHROPIC_API_KEY')] });
  expect(sources.map(({ where }) => where)).toEqual([
    'ANTHROPIC_API_KEY of `env`',
    'apiKeyHelper of /home/ada/.claude/settings.json',
    'the stored login of /home/ada/.claude/.credentials.json',
  ]);
});

test('a store that is empty, blanked or torn is no source', () => {
  for (const login of [{ is: 'absent' }, { is: 'blanked' }, { is: 'unreadable', why: 'it is not JSON' }] as const) {
    expect(signInSources({ variables: [], helpers: [], login, loginFile: '/x' })).toEqual([]);
  }
});
