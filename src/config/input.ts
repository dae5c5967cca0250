import type {
  AuthOptions,
  ClaudeOptions,
  IdleWakeOptions,
  LogOptions,
  Maybe,
  MemoryOptions,
  RestartOptions,
  FallbackOptions,
  RotateOptions,
  StopOptions,
  WatchOptions,
} from './options.ts';

/**
 * What an operator may write in an ecosystem file: the types behind `defineEcosystem`. They import nothing, so that a
 * file which uses them loads no library. `schema.ts` checks the same shape at run time; a test holds the two together,
 * and another one compares each `@default` here with the table in `defaults.ts`.
 */

/**
 * Where a secret is read from. The secret itself never stands in an ecosystem file. When one is replaced, agents that
 * were rejected with the old one come back by themselves: a `file` is looked at, an `env` counts when `start FILE` hands
 * it over again; a `command` is run for a start only, since it may ask somebody, so restart its agents by hand.
 */
export type SecretFrom = { readonly env: string } | { readonly file: string } | { readonly command: readonly string[] };

type Money = {
  /**
   * Real money is spent on this credential: its agents report `costUsd`, and get no verification prompt unless they ask
   * for one.
   * @default true for an api-key, false otherwise
   */
  readonly billable?: Maybe<boolean>;
  /**
   * Not in effect yet: spending, in US dollars, at which the credential is held.
   * @default null
   */
  readonly ceilingUsd?: Maybe<number>;
};

/** One way to sign in, named by its key under `credentials`. */
export type CredentialOptions =
  | ({
      /** How it signs in: a token of `claude setup-token`, a key of the Console, or the login that `claude` keeps itself. */
      readonly type: 'oauth-token' | 'api-key';
      readonly from: SecretFrom;
      /**
       * The day on which the secret was made, `'2026-05-01'`. Nobody can see it in a token, and one of `claude setup-token`
       * lasts a year: with the day you are told in time.
       * @default null
       */
      readonly mintedAt?: Maybe<string>;
    } & Money)
  | ({
      readonly type: 'stored-login';
      /**
       * The folder in which `claude` keeps the login.
       * @default '~/.claude'
       */
      readonly configDir?: Maybe<string>;
    } & Money);

/** Who is told about an incident: a program that is started, or an address that is posted to. */
export type NotifyOptions =
  | {
      /** A program and its arguments; it gets each notice as one line of JSON on its stdin. */
      readonly command: readonly string[];
    }
  | {
      /** An address that each notice is posted to. */
      readonly webhook: string;
    };

/** Every option that may stand under `defaults`: those of an agent, but its name. */
export type DefaultsOptions = {
  /**
   * A group of agents, addressed as `namespace:NAME`.
   * @default 'default'
   */
  readonly namespace?: Maybe<string>;
  /**
   * `stream` holds Claude Code and reads what it says; `command` holds any program.
   * @default 'stream'
   */
  readonly mode?: Maybe<'stream' | 'command'>;
  /**
   * The agent's folder, relative to the ecosystem file.
   * @default '.'
   */
  readonly cwd?: Maybe<string>;
  /**
   * The program of a `command` agent and its arguments.
   * @default null
   */
  readonly command?: Maybe<readonly string[]>;
  /**
   * A name under `credentials`, or a list: the first is used; the next one that may be used when the first is dead, and
   * only until it is answered again. An API key is only used in another one's place when it is `billable: true`. null injects
   * none.
   * @default null
   */
  readonly credential?: Maybe<string | readonly string[]>;
  readonly claude?: Maybe<ClaudeOptions>;
  /**
   * Variables for the agent. They are stored in the clear (0600): secrets belong into `envFile`.
   * @default {}
   */
  readonly env?: Maybe<Readonly<Record<string, Maybe<string>>>>;
  /**
   * A file of KEY=VALUE lines, read at every start.
   * @default null
   */
  readonly envFile?: Maybe<string>;
  /**
   * Names of variables that are handed on from the shell that runs `agentvisor start`.
   * @default []
   */
  readonly envPass?: Maybe<readonly string[]>;
  readonly restart?: Maybe<RestartOptions>;
  readonly auth?: Maybe<AuthOptions>;
  /** The renewal of idle agents, before a session can go bad unnoticed; `null` turns it off. */
  readonly idleWake?: Maybe<IdleWakeOptions>;
  readonly stop?: Maybe<StopOptions>;
  readonly watch?: Maybe<WatchOptions>;
  readonly memory?: Maybe<MemoryOptions>;
  readonly log?: Maybe<LogOptions>;
  readonly fallback?: Maybe<FallbackOptions>;
  readonly rotate?: Maybe<RotateOptions>;
  /**
   * `false` declares the agent without starting it.
   * @default true
   */
  readonly enabled?: Maybe<boolean>;
};

export type AgentOptions = DefaultsOptions & {
  /** Letters, digits, `.`, `_` and `-`, at most 64; not `all`. */
  readonly name: string;
};

export type EcosystemOptions = {
  /** Ways to sign in, each under a name that agents refer to. */
  readonly credentials?: Maybe<Readonly<Record<string, CredentialOptions>>>;
  /** Who is told about troubles. */
  readonly notify?: Maybe<readonly NotifyOptions[]>;
  /** Holds for every agent: objects merge deeply, arrays and scalars replace, `null` clears. */
  readonly defaults?: Maybe<DefaultsOptions>;
  /** The agents. A name may stand here once. */
  readonly agents: readonly AgentOptions[];
};
