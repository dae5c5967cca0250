import type { Fleet } from '../kernel/fleet.ts';
import type { AgentRow } from '../protocol/rows.ts';
import type { Clock } from './clock.ts';
import type { Complain } from './daemon-log.ts';
import type { Engine } from './engine.ts';
import type { Outbox } from './outbox/outbox.ts';
import type { Lag } from './pulse.ts';
import type { Secrets } from './secrets.ts';
import type { Store } from './store.ts';

/** What the methods of the socket work with. */
export type DaemonContext = {
  readonly home: string;
  readonly socket: string;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly secrets: Secrets;
  /** What agentvisor itself cannot do right now, or has found wrong. */
  readonly degraded: () => readonly string[];
  readonly lag: () => Lag;
  /** A process of an agent that nobody knew until it was declared is taken up instead of a second one. */
  readonly takeUp: (agent: string) => Promise<void>;
  /** Ends what bears a mark of this home though nobody knows it; the agents whose runs those were. */
  readonly endUnknown: () => Promise<readonly string[]>;
  /** `list` as it is now, with what the processes use. */
  readonly rows: (fleet: Fleet) => Promise<readonly AgentRow[]>;
  /** Settles when the fleet is so, or when whoever asked has gone. */
  readonly until: (holds: (fleet: Fleet) => boolean) => Promise<void>;
  /** Says in `daemon.log` what nothing else can say. */
  readonly complain: Complain;
  /** Ends the daemon once the answer to whoever asked is on its way. */
  readonly shutDown: () => void;
};
