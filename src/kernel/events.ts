import type { StreamFact } from './facts.ts';
import type { LogFile } from './fleet.ts';
import type { Wall } from './moment.ts';
import type { Lost } from './time-lost.ts';
import type { AgentSpec, CredentialSpec, NotifySpec } from './spec.ts';

/** One life of an agent's process; also the name of its run folder. */
export type RunId = string;

/** `interrupt`: the turn is interrupted first · `now`: it is not · `after-turn`: its end is waited for. */
export type RestartHow = 'interrupt' | 'now' | 'after-turn';

/** What an operator asks. Operator verbs always win, at any moment, and reset counters. */
export type OperatorEvent =
  | {
      readonly type: 'declared';
      readonly spec: AgentSpec;
      /** The allow-listed environment of the CLI that declared it; never a secret. */
      readonly environment: Readonly<Record<string, string>>;
      /** A fresh UUID: session ids of this agent are derived from it. */
      readonly seed: string;
    }
  | { readonly type: 'credential-declared'; readonly spec: CredentialSpec }
  | { readonly type: 'desired'; readonly agent: string; readonly desired: 'up' | 'down' }
  | {
      readonly type: 'restart-asked';
      readonly agent: string;
      readonly how: RestartHow;
      readonly reason: string | null;
    }
  /** While an agent is paused it is left as it is: no decision is made for it that nobody asked for. */
  | { readonly type: 'paused'; readonly agent: string; readonly paused: boolean }
  /** Counters, crash backoff and quiet schedule begin anew. */
  | { readonly type: 'reset-asked'; readonly agent: string }
  /** Where notices about the agents of an ecosystem file go. */
  | { readonly type: 'notify-declared'; readonly file: string; readonly channels: readonly NotifySpec[] }
  | { readonly type: 'deleted'; readonly agent: string }
  | { readonly type: 'message'; readonly agent: string; readonly id: string; readonly text: string };

/** What the host reports of an agent's process. Every report names its run; a report of another run is ignored. */
export type ProcessEvent =
  | {
      readonly type: 'spawned';
      readonly agent: string;
      readonly run: RunId;
      /** Pid of the shim, which leads the process group. */
      readonly shimPid: number;
      readonly shimStart: string;
      /** First 8 hex digits of the credential's SHA-256, null when none is injected. */
      readonly fingerprint: string | null;
    }
  | { readonly type: 'pid-known'; readonly agent: string; readonly run: RunId; readonly pid: number }
  | { readonly type: 'spawn-failed'; readonly agent: string; readonly run: RunId; readonly detail: string }
  /** A journaled intent to spawn without a process: it was never spawned and is no crash. */
  | { readonly type: 'never-spawned'; readonly agent: string; readonly run: RunId }
  | { readonly type: 'adopted'; readonly agent: string; readonly run: RunId }
  /** After an adoption: the output written meanwhile has been read to its end. */
  | { readonly type: 'caught-up'; readonly agent: string; readonly run: RunId }
  | {
      readonly type: 'exited';
      readonly agent: string;
      readonly run: RunId;
      /** As a shell reports it (128 + signal), null when nobody recorded it. */
      readonly code: number | null;
      /** When the shim noted it, ms since the epoch; null when nobody did. */
      readonly at: number | null;
      readonly hint: ExitHint | null;
      /** A redacted excerpt of the last stderr line, for people. */
      readonly detail: string;
    }
  /** Nobody bears the run's cookie any more. */
  | { readonly type: 'gone'; readonly agent: string; readonly run: RunId; readonly leftovers: number }
  /** A frame is about to be written to the agent's stdin. */
  | {
      readonly type: 'writing';
      readonly agent: string;
      readonly run: RunId;
      readonly uuid: string;
      readonly bytes: number;
    }
  | { readonly type: 'written'; readonly agent: string; readonly run: RunId; readonly uuid: string }
  /** The agent did not take the frame. `partial`: some of it went in, so that nothing more can be written to this run. */
  | {
      readonly type: 'not-written';
      readonly agent: string;
      readonly run: RunId;
      readonly uuid: string;
      readonly partial: boolean;
    }
  | {
      readonly type: 'heard';
      readonly agent: string;
      readonly run: RunId;
      readonly offset: number;
      readonly fact: StreamFact;
      /** Written while no daemon read it: it says nothing about the time at which it is heard. */
      readonly late: boolean;
    }
  /** The answer to `measure`. */
  | {
      readonly type: 'measured';
      readonly agent: string;
      readonly run: RunId;
      /** Since the last byte on stdout or, when that is unknown, since this daemon began to look; monotonic ms. */
      readonly silentMs: number;
      /** Resident memory of all its processes, null when it cannot be had. */
      readonly rssBytes: number | null;
      /** Processor time that its living processes have used so far, null when it cannot be had. */
      readonly cpuMs: number | null;
    }
  /** One of its output files, or all that is kept of the agent, holds more than it may. */
  | {
      readonly type: 'log-grown';
      readonly agent: string;
      readonly run: RunId;
      /** The larger of the two. */
      readonly file: LogFile;
      readonly bytes: number;
      /** In both live files. */
      readonly liveBytes: number;
      /** In all files of all kept runs. */
      readonly allBytes: number;
      /** The disk is full, and nothing older is left that could be dropped. */
      readonly urgent: boolean;
    }
  /** Its writers stand still, everything was heard: the file is cut up to this offset. */
  | {
      readonly type: 'log-cutting';
      readonly agent: string;
      readonly run: RunId;
      readonly file: LogFile;
      readonly upTo: number;
    }
  /** The live file begins at this offset now. */
  | {
      readonly type: 'log-cut';
      readonly agent: string;
      readonly run: RunId;
      readonly file: LogFile;
      readonly base: number;
      /** Why it was not cut, null when it was. */
      readonly problem: string | null;
    }
  /**
   * emptied: by somebody else, it begins at `at` now · replaced: another file or none stands in its place · too-long: a line
   * that was passed over · truncated: the run ended in the middle of a line of which `bytes` are there.
   */
  | {
      readonly type: 'log-noted';
      readonly agent: string;
      readonly run: RunId;
      readonly file: LogFile;
      readonly what: 'emptied' | 'replaced' | 'too-long' | 'truncated';
      readonly at: number;
      readonly bytes: number;
    };

/** What stderr or the system says of an exit, beyond its code. */
export type ExitHint = 'oom' | 'session-missing' | 'session-in-use' | 'anchor-missing' | 'input-broken';

/** The replacement of a credential's secret: what an operator asks, and what the host finds of its files. */
export type RotationEvent =
  | {
      readonly type: 'rotate-asked';
      readonly credential: string;
      /** The file that holds the secret. */
      readonly source: string;
      /** Fingerprint of what it holds, null when there is nothing. */
      readonly from: string | null;
      /** Fingerprint of what it shall hold. */
      readonly to: string;
    }
  /** Back to the secret that there was. */
  | { readonly type: 'undo-asked'; readonly credential: string }
  /** What the files hold after the host was at work on them, or when a new daemon looks: fingerprints, null for no file. */
  | {
      readonly type: 'rotation-found';
      readonly credential: string;
      readonly rotation: string;
      readonly next: string | null;
      readonly current: string | null;
      readonly previous: string | null;
      /** Why what was asked could not be done, null when it was, or when nothing was asked. */
      readonly problem: string | null;
    };

/** What the host notices of the world beside the processes. */
export type WorldEvent =
  /** The secret behind a credential is another one than before. */
  | {
      readonly type: 'credential-changed';
      readonly credential: string;
      /** Null for a stored login. */
      readonly fingerprint: string | null;
      /** A person has replaced it: also agents that are in no trouble get it. Claude Code renews a login by itself. */
      readonly byPerson: boolean;
    }
  /** When the secret of a credential ends, as its file or its mint date says; null when that is not known. */
  | { readonly type: 'deadline-seen'; readonly credential: string; readonly at: Wall | null }
  /** The oldest output of an agent had to go. */
  | { readonly type: 'log-dropped'; readonly agent: string; readonly bytes: number; readonly lines: number }
  /** The disk that holds the agents' output: how much would have to be freed, 0 when there is room. */
  | { readonly type: 'disk'; readonly missingBytes: number }
  /** It is the time of day at which an agent wants to be renewed (`idleWake.at`). */
  | { readonly type: 'wake-time'; readonly agent: string }
  /** The daemon ends and takes the agents with it: it holds a container that is stopped. */
  | { readonly type: 'daemon-ends' }
  /** A new daemon has found what is left of the last one's agents: all is decided anew. */
  | { readonly type: 'daemon-begins' };

/** What a daemon tells of itself. */
export type DaemonEvent =
  /** It could not read all that the one before it has written. */
  | {
      readonly type: 'state-damaged';
      /** For people, one sentence each. */
      readonly what: readonly string[];
      /** The highest number that a run on the disk has: those up to it are taken. */
      readonly lastRun: number;
      /** Processes that live and bear the marks of runs which the state does not know: nobody decides before they are known. */
      readonly found?: readonly { readonly agent: string; readonly run: RunId }[];
    }
  /** A process lives that bears the mark of a run which the state does not know. Reports of it follow, as of an adoption. */
  | { readonly type: 'run-found'; readonly agent: string; readonly run: RunId }
  /** Daemons crash in a loop: this one decides nothing by itself. `on: false`: this one does. */
  | { readonly type: 'safe-mode'; readonly on: boolean; readonly why: string }
  /** It did not run for so long, or the whole machine did not. */
  | ({ readonly type: 'time-lost' } & Lost);

export type Event = OperatorEvent | ProcessEvent | RotationEvent | WorldEvent | DaemonEvent | { readonly type: 'tick' };
