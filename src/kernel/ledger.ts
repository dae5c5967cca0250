import type { Draft } from './draft.ts';
import type { Agent, Fleet } from './fleet.ts';
import type { MonoDeadline, Stamp, Wall } from './moment.ts';

/** What is remembered of a credential beside its declaration. Never the secret: a fingerprint stands for it. */
export type CredentialRecord = {
  /** The last good answer that was given on it. */
  readonly lastGood: { readonly agent: string; readonly at: Wall; readonly fingerprint: string | null } | null;
  /** What the API has called expired or revoked in a fresh process, and nobody has been answered on since; the newest last. */
  readonly dead: readonly { readonly fingerprint: string | null; readonly at: Wall }[];
  /** Secrets that were replaced, the newest last: an agent is not started with one of them. */
  readonly retired: readonly { readonly fingerprint: string; readonly at: Wall }[];
  /** What Claude Code says that it has cost, over all agents; counted where it is billable. */
  readonly spentUsd: number;
  /** The credentials that its agents work on instead, as far as people were told. */
  readonly leftFor: readonly string[];
  /** Another secret is being brought to the agents, one after the other; null when all have what they shall have. */
  readonly roll: Roll | null;
  /** The last replacement that an operator asked for, under way or over. */
  readonly rotation: Rotation | null;
  /** When the secret in place ends; null when nobody knows. */
  readonly deadline: SecretDeadline | null;
};

/** `told`: so many days before it people were told last, 0: that it has ended; null: nobody was told. */
export type SecretDeadline = { readonly at: Wall; readonly told: number | null };

/** How a secret is brought to the agents of a credential: one at a time, between turns, each proven before the next. */
export type Roll = {
  /** The fingerprint that all shall have; null for a stored login: all processes begun before `since` are replaced. */
  readonly to: string | null;
  readonly since: Stamp;
  /** One agent shows for all whether the secret works; nobody else takes it. */
  readonly trial: boolean;
  /** Also those that keep what they have when a source changes by itself (`rotate.onChange: 'hold'`). */
  readonly all: boolean;
  /** Who has taken it is asked for a proof; not on the way back. */
  readonly asks: boolean;
  /** Who takes it now, and by when that must have shown something. */
  readonly taking: string | null;
  readonly until: MonoDeadline | null;
};

/**
 * staging: the new secret is written beside the old one · trying: one agent takes it · rolling: the others do · promoting: the
 * new file takes the old one's place · settling: the old one is kept until the last agent has answered · undoing: back to
 * the old one · done, undone: over.
 */
export type RotationStage = 'staging' | 'trying' | 'rolling' | 'promoting' | 'settling' | 'undoing' | 'done' | 'undone';

export type Rotation = {
  readonly id: string;
  /** The operator's file; the new secret is `SOURCE.next`, the old one `SOURCE.prev`. */
  readonly source: string;
  /** Null when there was no secret before. */
  readonly from: string | null;
  readonly to: string;
  readonly stage: RotationStage;
  /** The host is at work on the files. */
  readonly working: boolean;
  /** When it is asked again after it could not. */
  readonly retry: MonoDeadline | null;
  /** Who has answered on the new secret. */
  readonly proven: readonly string[];
  /** Why it was undone, '' otherwise. */
  readonly why: string;
  /** What has happened, for people. */
  readonly steps: readonly RotationStep[];
};

export type RotationStep = {
  readonly at: Wall;
  readonly step: 'staged' | 'trying' | 'taking' | 'proven' | 'waits' | 'promoted' | 'failed' | 'done' | 'undone';
  readonly agent: string | null;
  readonly detail: string;
};

/** What is kept of each kind: a fleet of a thousand agents still fits. */
export const SECRETS_KEPT_MAX = 20;
export const STEPS_KEPT_MAX = 3_000;

const NOTHING: CredentialRecord = {
  lastGood: null,
  dead: [],
  retired: [],
  spentUsd: 0,
  leftFor: [],
  roll: null,
  rotation: null,
  deadline: null,
};

/** What an older daemon has not kept is not known. */
export const recordOf = ({ ledger }: Pick<Fleet, 'ledger'>, credential: string): CredentialRecord => ({
  ...NOTHING,
  ...ledger[credential],
});

export function changeRecord(draft: Draft, credential: string, change: Partial<CredentialRecord>): CredentialRecord {
  const changed = { ...recordOf(draft, credential), ...change };
  draft.ledger[credential] = changed;
  return changed;
}

/** A secret that is no good any more: a new process was told so, too. */
export function noteDead(draft: Draft, credential: string, fingerprint: string | null): void {
  const others = recordOf(draft, credential).dead.filter((dead) => dead.fingerprint !== fingerprint);
  const dead = [...others, { fingerprint, at: draft.moment.wall }].slice(-SECRETS_KEPT_MAX);
  changeRecord(draft, credential, { dead });
}

/** Somebody was answered on it. */
export function noteGood(draft: Draft, credential: string, { spec, fingerprint }: Agent): void {
  changeRecord(draft, credential, {
    lastGood: { agent: spec.name, at: draft.moment.wall, fingerprint },
    dead: recordOf(draft, credential).dead.filter((dead) => dead.fingerprint !== fingerprint),
  });
}

/** The name of the credential that an agent is given, null when it is given none. */
export const credentialNameOf = ({ spec, fallback }: Agent): string | null =>
  fallback !== null && !fallback.returning ? fallback.name : (spec.credentials[0] ?? null);

/** Those that are given a credential, in the order in which they were declared. */
export const usersOf = ({ agents }: Pick<Fleet, 'agents'>, credential: string): readonly Agent[] =>
  Object.values(agents).filter((agent) => credentialNameOf(agent) === credential);

/** Its files are in use: another rotation would meet it. */
export const isRotating = ({ rotation }: CredentialRecord): boolean =>
  rotation !== null && rotation.stage !== 'settling' && !isOver(rotation);

export const isOver = ({ stage }: Rotation): boolean => stage === 'done' || stage === 'undone';

/** Whether an agent that starts now is given the new secret of a rotation: who tries it, then all. */
export function takesStaged(fleet: Pick<Fleet, 'ledger'>, agent: Agent): boolean {
  const name = credentialNameOf(agent);
  if (name === null) return false;
  const { rotation, roll } = recordOf(fleet, name);
  if (rotation?.stage === 'trying') return roll?.taking === agent.spec.name;
  return rotation?.stage === 'rolling' || rotation?.stage === 'promoting';
}

/** When a secret was replaced, null when it was not: an agent is not started with one of those. */
export const retiredAt = (fleet: Pick<Fleet, 'ledger'>, credential: string, fingerprint: string): Wall | null =>
  recordOf(fleet, credential).retired.find((old) => old.fingerprint === fingerprint)?.at ?? null;
