import type { StoredLogin } from './stored-login.ts';
import type { SecretKind } from './token-shape.ts';

/** A variable that signs an agent in. Its value is not kept, only what it looks like. */
export type SignInVariable = {
  readonly name: string;
  /** Where it is set, in words: `env`, `envPass`, a file. */
  readonly from: string;
  /** Claude Code lays the `env` of its settings over the environment that it was started with. */
  readonly isOfSettings: boolean;
  readonly looksLike: SecretKind;
  /** Tells its value from others; null for a switch, and where the value is not known here. */
  readonly fingerprint: string | null;
};

/** All that an agent could sign in with: what its environment has and what its files hold. */
export type SignIn = {
  readonly variables: readonly SignInVariable[];
  /** Paths of the settings that name an `apiKeyHelper`, of the agent's folder first. */
  readonly helpers: readonly string[];
  readonly login: StoredLogin;
  /** Path of the file in which the login is, or would be. */
  readonly loginFile: string;
};

export type SourceKind = 'cloud' | 'auth-token' | 'api-key' | 'key-helper' | 'oauth-token' | 'profile' | 'stored-login';

export type Source = {
  readonly kind: SourceKind;
  /** The variable, or what takes its place. */
  readonly name: string;
  /** In words. */
  readonly where: string;
  /** The variable that it is, null for a helper or a login. */
  readonly variable: SignInVariable | null;
};

const CLOUD = ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'] as const;
const PROFILE = ['ANTHROPIC_PROFILE'] as const;

/** Variables that sign an agent in, or decide how. */
export const SIGN_IN_VARIABLES: readonly string[] = [
  ...CLOUD,
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_API_KEY',
  'CLAUDE_CODE_OAUTH_TOKEN',
  ...PROFILE,
];

/** Those that are switched on or off, and are no secret. */
export const isSwitch = (name: string): boolean => CLOUD.some((each) => each === name);

/**
 * What an agent has to sign in with, in the order in which Claude Code prefers it (its documentation): the first one is
 * used. Empty when there is nothing, as far as files can tell: on macOS a login is in the Keychain.
 */
export function signInSources({ variables, helpers, login, loginFile }: SignIn): readonly Source[] {
  const named = (kind: SourceKind, names: readonly string[]): readonly Source[] =>
    names.flatMap((name) => {
      const variable = variables.find((each) => each.name === name);
      return variable === undefined ? [] : [{ kind, name, where: `${name} of ${variable.from}`, variable }];
    });
  return [
    ...named('cloud', CLOUD),
    ...named('auth-token', ['ANTHROPIC_AUTH_TOKEN']),
    ...named('api-key', ['ANTHROPIC_API_KEY']),
    ...helpers.map((path) => ({
      kind: 'key-helper' as const,
      name: 'apiKeyHelper',
      where: `apiKeyHelper of ${path}`,
      variable: null,
    })),
    ...named('oauth-token', ['CLAUDE_CODE_OAUTH_TOKEN']),
    ...named('profile', PROFILE),
    ...(login.is === 'signed-in'
      ? [
          {
            kind: 'stored-login' as const,
            name: 'stored login',
            where: `the stored login of ${loginFile}`,
            variable: null,
          },
        ]
      : []),
  ];
}
