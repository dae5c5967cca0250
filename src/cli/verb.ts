import type { Environment } from '../home/paths.ts';

export type Option = {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** It may be given several times; see `Context.options`. */
  readonly multiple?: true;
  /** The placeholder of a value in the help: `TEXT`. */
  readonly value?: string;
  /** What its value may be, where the usage has no room for that. */
  readonly choices?: readonly string[];
  readonly summary: string;
};

/** What a file in `verbs/` exports; its row in `verbs.ts` names it. */
export type Verb = {
  /** What stands after `agentvisor NAME`. */
  readonly usage: string;
  readonly options: Readonly<Record<string, Option>>;
  /** How many arguments, options apart; `what` names the missing one. */
  readonly takes: { readonly min: number; readonly max: number; readonly what: string };
  readonly examples: readonly string[];
  /** Returns the exit code. */
  readonly run: (context: Context) => Promise<number>;
};

/** All that a verb sees of the world besides the daemon and the files. */
export type Context = {
  readonly home: string;
  readonly env: Environment;
  readonly cwd: string;
  readonly json: boolean;
  readonly args: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly option: (name: string) => string | undefined;
  /** All values of one that may be given several times. */
  readonly options: (name: string) => readonly string[];
  /** One line for people on stdout. */
  readonly say: (text: string) => void;
  /** One line for people on stderr. */
  readonly note: (text: string) => void;
  /** One JSON value and a newline on stdout. */
  readonly answer: (value: unknown) => void;
  /** Unchanged bytes on stdout; settles when there is room for more. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
};

/** Those that every verb takes beside its own. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', summary: 'print JSON and nothing else on stdout' },
  help: { type: 'boolean', short: 'h', summary: 'print this help' },
} as const satisfies Readonly<Record<string, Option>>;

export const NO_OPTIONS = {};
export const NO_ARGUMENTS = { min: 0, max: 0, what: '' } as const;
