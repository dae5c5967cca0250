import type { FailureKind } from './facts.ts';

/** Why a turn or a run failed. One row each in `CAUSES`; an unknown cause is shown, never guessed into auth. */
export type Cause =
  | 'clean'
  | 'crash'
  | 'signal'
  | 'oom'
  | 'spawn-failed'
  | 'start-timeout'
  | 'hang-in-turn'
  | 'hang-after-result'
  | 'auth-session'
  | 'auth-window'
  | 'auth-credential'
  | 'auth-transient'
  | 'throttled'
  | 'capped'
  | 'overloaded'
  | 'server'
  | 'network'
  | 'billing'
  | 'account'
  | 'config'
  | 'model'
  | 'session-unusable'
  | 'transcript-poisoned'
  | 'message-failed'
  | 'leftovers'
  | 'operator'
  | 'idle-wake'
  | 'memory'
  | 'unknown';

export type Scope = 'session' | 'window' | 'credential' | 'account' | 'tier' | 'upstream' | 'machine' | 'config';

export type Health =
  | 'unknown'
  | 'healthy'
  | 'suspect'
  | 'wedged'
  | 'quiet'
  | 'verifying'
  | 'throttled'
  | 'capped'
  | 'held'
  | 'stalled';

/**
 * restart: replace the process, keep the conversation · later: keep the process, ask again after a growing delay ·
 * reset: keep the process, ask again when the cap ends · hold: do nothing until a person acts · backoff: start again
 * after the crash backoff · fresh: leave this session · none: nothing to mend.
 */
export type Action = 'restart' | 'later' | 'reset' | 'hold' | 'backoff' | 'fresh' | 'none';

export type CauseRow = {
  readonly scope: Scope;
  /** The health of an agent whose last evidence is this, null when it says nothing about health. */
  readonly health: Health | null;
  readonly action: Action;
  /** What the operator is told. */
  readonly told: string;
  /** What a person could do about it, '' when there is nothing to do. */
  readonly todo: string;
};

const row = (scope: Scope, health: Health | null, action: Action, told: string, todo = ''): CauseRow => ({
  scope,
  health,
  action,
  told,
  todo,
});

export const CAUSES: Readonly<Record<Cause, CauseRow>> = {
  clean: row('session', null, 'backoff', 'The process ended by itself without an error.'),
  crash: row('session', null, 'backoff', 'The process ended with an error.'),
  signal: row('session', null, 'backoff', 'The process was ended by a signal that agentvisor did not send.'),
  oom: row(
    'machine',
    null,
    'backoff',
    'The process was killed, most likely for want of memory.',
    'Give the machine more memory, or run fewer agents on it.',
  ),
  'spawn-failed': row(
    'machine',
    null,
    'backoff',
    'The process could not be started.',
    'Look at the folder and the program that are declared for it.',
  ),
  'start-timeout': row(
    'machine',
    null,
    'backoff',
    'The process started but never got ready.',
    'Look at what it printed last, on stderr, too.',
  ),
  'hang-in-turn': row(
    'session',
    'stalled',
    'restart',
    'The agent went silent in a turn.',
    'If its turns are silent for long by their nature, raise watch.turnSilence.',
  ),
  'hang-after-result': row('session', 'stalled', 'restart', 'The agent no longer reacts after its last result.'),
  'auth-session': row(
    'session',
    'wedged',
    'restart',
    'The API rejects this session; a new process goes on with its conversation.',
  ),
  'auth-window': row(
    'window',
    'wedged',
    'restart',
    'New processes are rejected too; attempts are spaced until one is answered.',
  ),
  'auth-credential': row(
    'credential',
    'held',
    'hold',
    'The credential is expired, revoked or missing; a person must replace it.',
    'Replace it where it is declared: a file is noticed, a variable is handed over by: agentvisor start FILE.',
  ),
  'auth-transient': row('credential', 'suspect', 'later', 'The login is being refreshed by another process.'),
  throttled: row('tier', 'throttled', 'later', 'The API limits the rate for this model; no restart helps.'),
  capped: row('account', 'capped', 'reset', 'The usage limit is reached; it ends at its reset time.'),
  overloaded: row('upstream', 'throttled', 'later', 'The API is overloaded.'),
  server: row('upstream', 'throttled', 'later', 'The API answers with a server error.'),
  network: row(
    'machine',
    'throttled',
    'later',
    'The API cannot be reached from this machine.',
    'Look at the network, the proxy and the certificates of this machine.',
  ),
  billing: row(
    'account',
    'held',
    'hold',
    'The account cannot pay for the request.',
    'Add credit to the account or declare another credential, then restart the agent.',
  ),
  account: row(
    'account',
    'held',
    'hold',
    'The account or its organisation is not allowed to do this.',
    'Ask the administrator of the organisation, then restart the agent.',
  ),
  config: row(
    'config',
    'held',
    'hold',
    'The configuration is wrong.',
    'Correct the ecosystem file and start it again.',
  ),
  model: row(
    'config',
    'held',
    'hold',
    'The model is unknown or not available to this account.',
    'Choose another model in the ecosystem file and start it again.',
  ),
  'session-unusable': row('session', null, 'fresh', 'The conversation cannot be resumed.'),
  'transcript-poisoned': row('session', null, 'fresh', 'The conversation is refused by the API on every turn.'),
  'message-failed': row(
    'session',
    null,
    'none',
    'This message fails again and again.',
    'Send it in other words, or in smaller parts.',
  ),
  leftovers: row('machine', null, 'none', 'Processes of the agent stayed behind and were ended.'),
  operator: row('session', null, 'none', 'An operator asked for it.'),
  'idle-wake': row('session', null, 'restart', 'The agent was idle for long and is renewed before it is asked.'),
  memory: row('session', null, 'restart', 'The agent uses more memory than it may.'),
  unknown: row('session', null, 'none', 'agentvisor does not know why.'),
};

/** The cause that a failure stands for until the kernel has compared it with others. */
export const CAUSE_OF: Readonly<Record<FailureKind, Cause>> = {
  auth: 'auth-session',
  credential: 'auth-credential',
  'auth-transient': 'auth-transient',
  throttled: 'throttled',
  capped: 'capped',
  overloaded: 'overloaded',
  server: 'server',
  network: 'network',
  billing: 'billing',
  account: 'account',
  config: 'config',
  model: 'model',
  'transcript-poisoned': 'transcript-poisoned',
  message: 'message-failed',
  unknown: 'unknown',
};

/** The API has rejected who asks, for whatever reason; a login that is just being refreshed is no such failure. */
export const isAuthFailure = (kind: FailureKind): boolean => kind === 'auth' || kind === 'credential';

/** Rejected as whoever it is: what a window or a dead credential may turn out to be. */
export const isAuth = (cause: Cause): boolean =>
  cause === 'auth-session' || cause === 'auth-window' || cause === 'auth-credential';

/** A watch tripped: the process lives and says nothing. */
export const isHang = (cause: Cause): boolean => cause === 'hang-in-turn' || cause === 'hang-after-result';

/** agentvisor ended a turn for what it did: its message counts it, or it would be asked for ever. */
export const isFault = (cause: Cause): boolean => isHang(cause) || cause === 'memory';

/** The process works; only the API or the way to it stands in between. */
export const isLimit = (cause: Cause): boolean => {
  const { action } = CAUSES[cause];
  return action === 'later' || action === 'reset';
};

/** A cause with what is known of this case of it, as one sentence. */
export function toldOf(cause: Cause, detail: string): string {
  const { told } = CAUSES[cause];
  return detail === '' ? told : `${told.replace(/\.$/, '')}: ${detail.replace(/\.$/, '')}.`;
}
