import type { Cause, Scope } from './causes.ts';
import type { Receipt } from './fleet.ts';
import type { Wall } from './moment.ts';

/**
 * opened: a trouble was found · failing: its second attempt has failed and nobody was told of it yet · attention: a person
 * is needed · closed: it is over.
 */
export type NoticeKind = 'opened' | 'failing' | 'attention' | 'closed';

/** What is told to people about a trouble, once each. */
export type Notice = {
  /** Unique in a home, and the same again when the same notice is made by a replay. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly at: Wall;
  /** Null for an agent that ended too often: that is no incident. */
  readonly incident: string | null;
  readonly scope: Scope | null;
  readonly cause: Cause;
  readonly agents: readonly string[];
  /** For people: what is, and what to do. */
  readonly text: string;
  /** The first proof that it is over, on `closed`. */
  readonly receipt: Receipt | null;
};
