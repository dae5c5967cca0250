import type { Cause } from './causes.ts';
import type { RunId } from './events.ts';
import type { LogFile } from './fleet.ts';
import type { Incident } from './trouble.ts';
import type { Wall } from './moment.ts';
import type { Notice } from './notices.ts';
import type { SessionPlan } from './session-plan.ts';
import type { NotifySpec } from './spec.ts';

/** What the host must do, in this order, after the event that caused it is in the journal. */
export type Command =
  | {
      readonly type: 'spawn';
      readonly agent: string;
      readonly run: RunId;
      readonly session: SessionPlan | null;
      /** With the secret that a rotation has staged, instead of the one in place. */
      readonly staged: boolean;
    }
  /** Ask a stream agent whether it listens; answered by the fact `initialized`. */
  | { readonly type: 'initialize'; readonly agent: string; readonly run: RunId }
  | { readonly type: 'interrupt'; readonly agent: string; readonly run: RunId }
  | {
      readonly type: 'deliver';
      readonly agent: string;
      readonly run: RunId;
      readonly uuid: string;
      /** null: the conversation ends with the question already and is only asked to go on from there. */
      readonly text: string | null;
    }
  /** TERM and CONT to the group, or KILL to every bearer of the cookie but the shim. */
  | { readonly type: 'signal'; readonly agent: string; readonly run: RunId; readonly signal: 'TERM' | 'KILL' }
  /** End whoever still bears the run's cookie, then report `gone`. */
  | { readonly type: 'sweep'; readonly agent: string; readonly run: RunId }
  /** One line for the agent's history and for those who watch. */
  | {
      readonly type: 'record';
      readonly agent: string;
      readonly at: Wall;
      readonly run: RunId | null;
      readonly event: HistoryEvent;
      readonly cause: Cause | null;
      readonly detail: string;
    }
  /** Look how long the agent has said nothing and what memory it uses; answered by `measured`. */
  | { readonly type: 'measure'; readonly agent: string; readonly run: RunId }
  /** Tell people. Kept until each channel has taken it, and given to none of them twice. */
  | { readonly type: 'notice'; readonly notice: Notice; readonly channels: readonly NotifySpec[] }
  /** An incident as it now is; the last one written of an id counts. */
  | { readonly type: 'file-incident'; readonly incident: Incident }
  /** Work on the files of a rotation, then report what they hold: `rotation-found`. Doing it twice does no harm. */
  | {
      readonly type: 'rotate-files';
      /** stage: write SOURCE.next · promote: keep SOURCE as SOURCE.prev and put SOURCE.next in its place · settle: remove SOURCE.prev · unstage: remove SOURCE.next. */
      readonly act: 'stage' | 'promote' | 'settle' | 'unstage';
      readonly credential: string;
      readonly rotation: string;
    }
  /** A run ended and everything of it is gone: old runs may be dropped. */
  | { readonly type: 'retire-run'; readonly agent: string; readonly run: RunId }
  /**
   * Move what is in a live file out of it while its writers stand still; report `log-cutting` before it is emptied and
   * `log-cut` in any case. A file of `wholeBytesMax` at most is kept whole; of
   * a larger one all but the last `keepBytesMax` is only counted, in lines.
   */
  | {
      readonly type: 'cut-log';
      readonly agent: string;
      readonly run: RunId;
      readonly file: LogFile;
      readonly wholeBytesMax: number;
      readonly keepBytesMax: number;
    }
  /** Drop the agent's oldest output beyond `log.total`, and until the disk has so much more room; report `log-dropped`. */
  | { readonly type: 'trim-logs'; readonly agent: string; readonly run: RunId; readonly missingBytes: number }
  /** Let all processes of a run stand still, or go on. */
  | { readonly type: 'hold'; readonly agent: string; readonly run: RunId; readonly hold: boolean }
  /** The agent is deleted: what is kept of it may go. */
  | { readonly type: 'forget'; readonly agent: string };

export type HistoryEvent =
  | 'declared'
  | 'starting'
  | 'ready'
  | 'adopted'
  | 'stopping'
  | 'exited'
  | 'stopped'
  | 'waiting'
  | 'errored'
  | 'leftovers'
  | 'restarting'
  | 'turn-failed'
  | 'message-failed'
  | 'incident-opened'
  | 'attempt'
  | 'attempt-failed'
  | 'recovered'
  | 'incident-closed'
  | 'held'
  | 'stalled'
  | 'released'
  | 'paused'
  | 'resumed'
  | 'reset'
  | 'rotation'
  | 'fallback'
  | 'session-changed'
  | 'log-noted'
  | 'log-dropped'
  | 'log-stuck'
  | 'disk-full'
  | 'disk-free'
  | 'state-damaged'
  | 'found'
  | 'time-lost'
  | 'deleted';
