import type { Cause, Scope } from './causes.ts';
import type { RunId } from './events.ts';
import type { Deadline, MonoDeadline, Stamp, Wall } from './moment.ts';
import type { NoticeKind } from './notices.ts';

/** What is known of troubles: what an agent waits for, and the incident that it shares with others. */

/** Messages wait though the process is kept: after a throttle, a cap, a message that failed by its own fault. */
export type Patience = {
  /** Null once it is over; what remains is the delay that the next one doubles. */
  readonly until: Deadline | null;
  readonly delayMs: number;
  /** The family of models that is limited: only its own answer clears the limit. Null: any answer does. */
  readonly tier: string | null;
};

export type Recovery = {
  readonly incident: string;
  /** Under which gate of the incident it waits for its turn. */
  readonly gate: string;
  /**
   * gated: it tries when its gate lets it · following: another one has shown that it helps, and it has its own time ·
   * replacing: its attempt has begun · verifying: the new process must answer · held: a person is needed, and at most
   * a slow attempt is planned · waiting: nothing to restart, the agent asks again later.
   */
  readonly stage: 'gated' | 'following' | 'replacing' | 'verifying' | 'held' | 'waiting';
  readonly attempts: number;
  /** following: when it tries · verifying: when it is no longer believed in. */
  readonly next: MonoDeadline | null;
  /** The process was started by the incident and is asked for a proof when it has no message; an operator's is not. */
  readonly prompts: boolean;
  readonly failedAt: Stamp;
  /** The first `api_retry` of the failure that began it, or the begin of that turn: who answers after it is not in it. */
  readonly since: Stamp;
  readonly failedRequestId: string | null;
  /** When its own new process last failed, rejected or silent; null before that. */
  readonly rejectedAt: Stamp | null;
};

/** One credential's way out of an incident: one agent tries at a time, the others wait for its answer. */
export type Gate = {
  /** The agent that tries. */
  readonly canary: string | null;
  /** By then the next one may try, whatever the canary does. */
  readonly until: MonoDeadline | null;
  /** Who tried last: another one is next. */
  readonly last: string | null;
  readonly attempts: number;
  /** The last quiet delay without its jitter, 0 before the first. */
  readonly delayMs: number;
  /** Who began after this and is answered shows that it is over. */
  readonly closedAt: Stamp | null;
  /** When the next attempt may begin, null while one is under way or none is planned. */
  readonly next: MonoDeadline | null;
  /** A person is needed: only a slow canary tries, or nobody. */
  readonly held: boolean;
  /** The credential was changed while the canary tried the old one. */
  readonly renewed: boolean;
  /** When to try, as earlier windows have taught it; absent: by the schedule. */
  readonly learned?: LearnedPlan;
};

export type LearnedPlan = {
  /** In ms since the begin of the incident. */
  readonly offsets: readonly number[];
  /** How many of them are behind. */
  readonly taken: number;
  /** Of how many windows it was learned. */
  readonly windows: number;
};

export type Attempt = {
  readonly agent: string;
  readonly at: Wall;
  readonly run: RunId | null;
  readonly canary: boolean;
  readonly outcome: 'pending' | 'recovered' | 'failed' | 'unproven';
};

export type Receipt = {
  readonly agent: string;
  readonly failedRequestId: string | null;
  readonly attempts: number;
  readonly messageId: string | null;
  readonly at: Wall;
  readonly downMs: number;
};

export type Incident = {
  readonly id: string;
  readonly scope: Scope;
  /** What the scope names: an agent, a credential, a credential and tier … */
  readonly key: string;
  readonly cause: Cause;
  readonly openedAt: Stamp;
  readonly closedAt: Wall | null;
  readonly mergedInto: string | null;
  /** Everyone who was ever in it. */
  readonly agents: readonly string[];
  /** Those who have not answered since. */
  readonly open: readonly string[];
  readonly evidence: readonly string[];
  readonly attempts: readonly Attempt[];
  readonly requestIds: readonly string[];
  readonly recoveries: readonly Receipt[];
  /** By credential. */
  readonly gates: Readonly<Record<string, Gate>>;
  readonly failedAttempts: number;
  /** How long the first agent had been idle before the turn that failed, null when it had served none. */
  readonly idleMs: number | null;
  /** What people were told of it. */
  readonly told: readonly NoticeKind[];
};
