import type { Slot } from './activity.ts';
import type { Cause, Health } from './causes.ts';
import type { RestartHow, RunId } from './events.ts';
import type { Failure } from './facts.ts';
import type { SeenWindow } from './inspection.ts';
import type { CredentialRecord } from './ledger.ts';
import type { Deadline, MonoDeadline, Stamp, Wall } from './moment.ts';
import type { SessionPlan } from './session-plan.ts';
import type { AgentSpec, CredentialSpec, NotifySpec } from './spec.ts';
import type { Incident, Patience, Recovery } from './trouble.ts';

/** Everything that agentvisor knows: plain JSON, so that a snapshot is the state and nothing else is. */
export type Fleet = {
  readonly format: 1;
  /** The last moment a step saw; tells a reboot. */
  readonly seen: Stamp | null;
  /** Numbers runs, incidents, agents and our own prompts; never reused. */
  readonly sequence: number;
  readonly agents: Readonly<Record<string, Agent>>;
  readonly credentials: Readonly<Record<string, CredentialSpec>>;
  /** What has become of each credential, by its name. */
  readonly ledger: Readonly<Record<string, CredentialRecord>>;
  /** Open incidents; a closed one lives on in the host's file only. */
  readonly incidents: Readonly<Record<string, Incident>>;
  /** Where notices go, by the ecosystem file that says so. */
  readonly notify: Readonly<Record<string, readonly NotifySpec[]>>;
  /** How long windows have lasted, the newest last; absent: none was seen, or an older daemon wrote it. */
  readonly seenWindows?: readonly SeenWindow[];
  /** The disk that holds the agents' output is full; null: it has room. */
  readonly disk: { readonly fullSince: Stamp } | null;
  /** Daemons have crashed in a loop, and nothing is decided until a person ends this; null: it is not so. */
  readonly safeMode: SafeMode | null;
};

export type SafeMode = {
  readonly since: Stamp;
  readonly why: string;
  /** Agents that it has paused: they go on when it ends. */
  readonly agents: readonly string[];
};

export type Agent = {
  readonly id: number;
  readonly spec: AgentSpec;
  readonly environment: Readonly<Record<string, string>>;
  readonly seed: string;
  /** What the operator wants; `state` is what is. */
  readonly desired: 'up' | 'down';
  readonly deleting: boolean;
  /** It was stopped with its daemon only: the next one wants it up. */
  readonly upAgain?: boolean;
  readonly paused: boolean;
  readonly state: AgentState;
  readonly health: Health;
  readonly since: Stamp;
  readonly session: Session;
  readonly turn: Turn | null;
  /** Unfinished messages, oldest first; the first is the one in the agent when there is a turn of ours. */
  readonly queue: readonly Message[];
  /** The last finished ones, newest last, without their texts. */
  readonly finished: readonly Message[];
  /** A restart that somebody asked for and that has not begun. */
  readonly restart: RestartWish | null;
  readonly crashes: Crashes;
  /** The trouble this agent is in, null when none is known. */
  readonly recovery: Recovery | null;
  readonly patience: Patience | null;
  /** Its last turn was rejected, and it has not answered since; null when that was long ago told or never. */
  readonly rejectedAt: Stamp | null;
  /** When the last turn began in which it gave a good answer. */
  readonly provenAt: Stamp | null;
  readonly counts: {
    readonly restarts: number;
    readonly byCause: Readonly<Partial<Record<Cause, number>>>;
    readonly auth401s: number;
  };
  /** The last day, oldest first, for people to see. */
  readonly activity: readonly Slot[];
  readonly lastGoodTurnAt: Wall | null;
  readonly lastTurn: LastTurn | null;
  readonly lastExit: {
    readonly run: RunId;
    readonly cause: Cause;
    readonly detail: string;
    /** The machine went down under it. */
    readonly reboot?: true;
  } | null;
  readonly model: string | null;
  readonly claudeVersion: string | null;
  /** Of the secret that its process was given. */
  readonly fingerprint: string | null;
  /** It works on another credential than its own; null when it does not. */
  readonly fallback: Fallback | null;
  /** Over all runs, on billable credentials and on the others. */
  readonly costUsd: number;
  readonly notionalUsd: number;
  /** Output that was dropped for want of room, over all runs, and when that was last told. Absent: none was. */
  readonly dropped?: { readonly bytes: number; readonly lines: number; readonly told: Stamp | null };
};

/** A state carries what is true in it and nothing else. */
export type AgentState =
  /** ended: the process ended by itself and its restart policy says to leave it. */
  | { readonly at: 'stopped'; readonly ended: boolean }
  | {
      readonly at: 'starting';
      readonly run: Run;
      /** When a stream agent that is not ready is given up, when a command agent counts as up. */
      readonly deadline: MonoDeadline;
    }
  | { readonly at: 'running'; readonly run: Run }
  | {
      readonly at: 'stopping';
      readonly run: Run;
      readonly stage: StopStage;
      readonly deadline: MonoDeadline;
      /** agentvisor ends it; false when it has ended by itself and only its leftovers are swept. */
      readonly asked: boolean;
      readonly cause: Cause;
      readonly detail: string;
    }
  | { readonly at: 'waiting'; readonly deadline: MonoDeadline; readonly cause: Cause }
  | { readonly at: 'errored'; readonly deadline: MonoDeadline; readonly cause: Cause };

/** interrupt -> TERM -> KILL -> sweep; each stage has a deadline and is entered at most once. */
export type StopStage = 'interrupting' | 'terminating' | 'killing' | 'sweeping';

export type Run = {
  readonly id: RunId;
  readonly startedAt: Stamp;
  /** The group's leader, null until the host has reported it. */
  readonly shim: { readonly pid: number; readonly start: string; readonly boot: string } | null;
  readonly pid: number | null;
  readonly session: SessionPlan | null;
  /** Number of the session that it speaks in. */
  readonly sessionNumber: number;
  readonly adopted: boolean;
  /** Output written while no daemon read it is still being read. */
  readonly catchingUp: boolean;
  /** End of the last line that produced an event; nothing before it is heard twice. */
  readonly cursor: number;
  readonly answered: boolean;
  /** When its last turn ended, null before its first. */
  readonly servedAt: Stamp | null;
  /** When its memory is looked at next, null when nobody has limited it. */
  readonly look: MonoDeadline | null;
  /** How long the process lived and how long ago that was when its end was told; null while it lives. */
  readonly ended: { readonly livedMs: number; readonly agoMs: number } | null;
  readonly totalCostUsd: number;
  /** A frame whose write was begun and not reported finished. */
  readonly writing: { readonly uuid: string; readonly bytes: number } | null;
  /** What `initialize` called the credential in use; null: it named none. Absent: not heard, or by an older daemon. */
  readonly tokenSource?: string | null;
  /** What its last turn began with as the source of a key (`init.apiKeySource`); likewise. */
  readonly apiKeySource?: string | null;
  /** What became of its output files. Absent: nothing that would have to be known. */
  readonly log?: RunLog;
};

export type LogFile = 'stdout' | 'stderr';

export type RunLog = {
  /** Offset of the first byte that is in each live file: what was before was moved out of it, or dropped. */
  readonly bases: Readonly<Record<LogFile, number>>;
  /** Larger than they may be: cut as soon as no turn runs. */
  readonly large: readonly LogFile[];
  /** Which one is being cut, and, once its writers stand still, up to which offset. */
  readonly cutting: { readonly file: LogFile; readonly upTo: number | null } | null;
  /** Why the last cut was not made. */
  readonly problem: string | null;
  /** Lines that were too long to be read. */
  readonly unread: number;
  /** Its processes stand still until the disk has room. */
  readonly held: boolean;
};

export type Session = {
  readonly id: string;
  readonly number: number;
  /** A turn was begun in it, so that it can be resumed and its id cannot be used anew. */
  readonly begun: boolean;
  /** The last assistant message of the last good turn. */
  readonly lastGood: string | null;
  /** The last assistant message of the unfinished answer at its end; null when there is none, or when tools were used. */
  readonly lastSaid: string | null;
  /** The delivery that began it, as long as there is no good answer to resume at. */
  readonly firstAsked: string | null;
  /** The message that stands unanswered at its end, as the process that has it open sees it. */
  readonly unanswered: string | null;
  /** clean: ends with a good turn · failed: ends with a turn that did nothing · partial: ends in the midst of work. */
  readonly tail: 'clean' | 'failed' | 'partial';
  /** What was already tried because it could not be resumed; forking: the next process is to fork it. */
  readonly mended: 'no' | 'forking' | 'forked' | 'fresh';
};

export type Turn = {
  /** Null for a turn that nobody asked for through agentvisor. */
  readonly message: string | null;
  readonly uuid: string | null;
  /** Its delivery brought the question; false when it only points at what the conversation holds. */
  readonly asks: boolean;
  readonly startedAt: Stamp;
  /** The process has shown that it works on it. */
  readonly begun: boolean;
  /** When its silence is looked at. */
  readonly watch: MonoDeadline;
  /** Its silence is being measured. */
  readonly measuring: boolean;
  /** Silent too long: what its processes had used at the last look, since they may be at work. */
  readonly busy: { readonly cpuMs: number; readonly at: Stamp } | null;
  readonly accepted: boolean;
  /** It was written a second time, after a crash in which nobody knew whether it had arrived. */
  readonly repeated: boolean;
  readonly answered: boolean;
  readonly usedTools: boolean;
  /** The last good assistant message of this turn on the main chain. */
  readonly lastAnswer: string | null;
  /** When the first 401 or 403 of this turn was retried. */
  readonly suspectedAt: Stamp | null;
  /** From a quota event in this turn. */
  readonly resetsAt: number | null;
  readonly failure: Failure | null;
};

export type Message = {
  /** A UUID ending in 0000; the uuid of delivery n ends in n. */
  readonly id: string;
  readonly origin: 'operator' | 'verify';
  readonly text: string;
  readonly queuedAt: Wall;
  readonly state: 'queued' | 'sent' | 'answered' | 'failed' | 'cancelled';
  readonly deliveries: number;
  /** Deliveries without a good answer that did not fail by auth, cap or throttle. */
  readonly badDeliveries: number;
  /** The conversation holds the question and the beginning of its answer: the agent is told to go on. */
  readonly partial: boolean;
  readonly cause: Cause | null;
  readonly detail: string;
  /** Where the line that ended it stands. */
  readonly answer: { readonly run: RunId; readonly offset: number } | null;
};

export type RestartWish = {
  readonly cause: Cause;
  readonly how: RestartHow;
  readonly detail: string;
  /**
   * new: to take a secret that replaces the one it has, and to prove it · old: back to that one, in whatever trouble it is.
   * Absent: the secret is no reason.
   */
  readonly secret?: 'new' | 'old';
};

export type Fallback = {
  /** Its own credential, which it has left. */
  readonly own: string;
  /** The credential that it is given in its own one's place. */
  readonly name: string;
  /** It tries its own one again, and is given that meanwhile. */
  readonly returning: boolean;
  /** When it tries its own one, or by when that must have answered. */
  readonly until: Deadline;
};

export type Crashes = {
  /** Consecutive crashes since the last reset. */
  readonly count: number;
  readonly delayMs: number;
  /** Those inside the crash window. */
  readonly recent: readonly Stamp[];
  /** There were too many: until the agent has proven itself every further one is one too many. */
  readonly looping: boolean;
};

export type LastTurn = {
  readonly startedAt: Wall;
  readonly endedAt: Wall;
  readonly outcome: 'good' | 'failed' | 'aborted';
  readonly cause: Cause | null;
  readonly status: number | null;
  readonly requestId: string | null;
};

export const emptyFleet: Fleet = {
  format: 1,
  seen: null,
  sequence: 0,
  agents: {},
  credentials: {},
  ledger: {},
  incidents: {},
  notify: {},
  disk: null,
  safeMode: null,
};

/** The run of a state that has one. */
export const runOf = (state: AgentState): Run | null => ('run' in state ? state.run : null);
