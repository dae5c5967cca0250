/**
 * What a line of an agent's output says, once `src/claude` has read it. The kernel never sees a line.
 */

/** What kind of failure the structure of a failed line shows. The scope is the kernel's verdict, not the line's. */
export type FailureKind =
  | 'auth'
  | 'credential'
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
  | 'transcript-poisoned'
  | 'message'
  | 'unknown';

export type Failure = {
  readonly kind: FailureKind;
  /** HTTP status, null when there was no answer or the line carries none. */
  readonly status: number | null;
  /** The CLI's own word (`authentication_failed`, `rate_limit` …), null when the line carries none. */
  readonly error: string | null;
  /** A short, redacted excerpt for people; never used to decide. */
  readonly text: string;
  readonly requestId: string | null;
  /** When a cap ends, ms since the epoch. */
  readonly resetsAt: number | null;
};

export type StreamFact =
  /** The answer to our `initialize`: the agent listens. */
  | { readonly fact: 'initialized'; readonly tokenSource: string | null }
  /** `system/init`: a turn begins. */
  | {
      readonly fact: 'turn-started';
      readonly sessionId: string | null;
      readonly model: string | null;
      readonly claudeVersion: string | null;
      readonly apiKeySource: string | null;
    }
  /** A message was echoed: the agent has it. */
  | { readonly fact: 'accepted'; readonly uuid: string }
  /** The CLI retries a request by itself: a suspicion, not a verdict. */
  | {
      readonly fact: 'retrying';
      readonly status: number | null;
      readonly error: string | null;
      readonly attempt: number;
      readonly delayMs: number | null;
    }
  /** A good answer: a real model, no error. */
  | {
      readonly fact: 'answered';
      readonly messageId: string | null;
      readonly model: string;
      readonly uuid: string | null;
      readonly requestId: string | null;
      readonly usedTools: boolean;
      /** Said by a subagent: it proves the credential, but is no place to resume at. */
      readonly sidechain: boolean;
    }
  /** An assistant line with an error: the turn is failing. */
  | { readonly fact: 'refused'; readonly failure: Failure }
  /** A quota event that rejects. */
  | { readonly fact: 'limited'; readonly resetsAt: number | null; readonly limit: string | null }
  /** The one `result` of a turn. */
  | {
      readonly fact: 'turn-ended';
      readonly outcome: 'good' | 'failed' | 'aborted';
      /** Claude Code dealt with the message by itself (`/help`); then it may end without an echo. */
      readonly local: boolean;
      /** Present when and only when the outcome is `failed`. */
      readonly failure: Failure | null;
      readonly sessionId: string | null;
      /** Cumulative per process. */
      readonly totalCostUsd: number | null;
    }
  /** Anything else: kept in the log, worth no decision. */
  | { readonly fact: 'other'; readonly what: string };
