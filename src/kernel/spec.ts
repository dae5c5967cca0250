/**
 * What an operator declares, already validated: plain JSON, absolute paths, milliseconds and bytes.
 * `src/config` makes it out of an ecosystem file; the kernel and the daemon only read it.
 */

/** Of agents and credentials. An agent's name becomes a folder: nothing that could lead out of the home. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export type AgentMode = 'stream' | 'command';
export type RestartWhen = 'always' | 'failure' | 'never';
/** What an agent does while the disk that holds its output is full. */
export type OnFull = 'truncate-oldest' | 'block' | 'stop';
export type KillMode = 'tree' | 'group' | 'main';

/** Where a secret is read from. The secret itself never stands in a spec. */
export type SecretSource =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly string[] };

export type CredentialSpec = {
  readonly name: string;
  readonly type: 'oauth-token' | 'stored-login' | 'api-key';
  /** Absent for a stored login, which `configDir` names. */
  readonly from: SecretSource | null;
  readonly configDir: string | null;
  /** Real money is spent on it: costs count as `costUsd` and no verification prompt is sent by default. */
  readonly billable: boolean;
  readonly ceilingUsd: number | null;
  /** When its secret was made, ms since the epoch, as the operator says; null when nobody has said. */
  readonly mintedAt: number | null;
};

/**
 * The variable through which Claude Code is given a credential of each type, which is also what it calls its source; a
 * stored login needs none.
 */
export const CREDENTIAL_VARIABLES: Readonly<Record<CredentialSpec['type'], string | null>> = {
  'oauth-token': 'CLAUDE_CODE_OAUTH_TOKEN',
  'api-key': 'ANTHROPIC_API_KEY',
  'stored-login': null,
};

/** Where notices go: a program that gets one line of JSON on its stdin, or an address that gets one POST. */
export type NotifySpec = { readonly command: readonly string[] } | { readonly webhook: string };

export type QuietPolicy = {
  readonly strategy: 'schedule' | 'adaptive';
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  /** Upper bound once the incident is older than an hour. */
  readonly longDelayMsMax: number;
  readonly jitter: number;
};

export type RestartPolicy = {
  readonly when: RestartWhen;
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  /** This many crashes within `crashWindowMs` make an agent `errored`. */
  readonly crashesMax: number;
  readonly crashWindowMs: number;
};

export type AgentSpec = {
  readonly name: string;
  readonly namespace: string;
  readonly mode: AgentMode;
  readonly cwd: string;
  /** The argv of a `command` agent, null for a stream agent. */
  readonly command: readonly string[] | null;
  /** Credential names: the first is used, the others are fallbacks. Empty: none is injected. */
  readonly credentials: readonly string[];
  readonly claude: {
    readonly bin: string;
    readonly model: string | null;
    readonly args: readonly string[];
    readonly resume: boolean;
  };
  readonly env: Readonly<Record<string, string>>;
  readonly envFile: string | null;
  readonly envPass: readonly string[];
  readonly restart: RestartPolicy;
  readonly auth: {
    readonly quiet: QuietPolicy;
    readonly verify: { readonly prompt: string | false; readonly timeoutMs: number };
    readonly redeliver: 'auto' | 'never';
  };
  readonly idleWake: {
    /** null: never. */
    readonly afterMs: number | null;
    readonly when: 'before-message' | 'when-idle';
    /** 'HH:MM' local time, or null. */
    readonly at: string | null;
  };
  readonly stop: {
    readonly interruptTimeoutMs: number;
    readonly killTimeoutMs: number;
    readonly killMode: KillMode;
  };
  readonly watch: {
    readonly startTimeoutMs: number;
    readonly turnSilenceMs: number;
    readonly afterResultMs: number;
  };
  readonly memory: { readonly maxBytes: number | null };
  readonly log: {
    readonly sizeBytesMax: number;
    readonly keep: number;
    readonly totalBytesMax: number;
    readonly onFull: OnFull;
  };
  readonly rotate: { readonly onChange: 'roll' | 'hold' };
  /** Whether a cap, too, lets it work on its next credential. */
  readonly fallback: { readonly whenCapped: boolean };
  readonly enabled: boolean;
  /** The ecosystem file it was declared in; `apply --prune` removes only agents of its own file. */
  readonly file: string | null;
};
