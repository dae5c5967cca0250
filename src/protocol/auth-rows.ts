import type { CredentialSpec } from '../kernel/spec.ts';
import type { RotationRow } from './api.ts';
import type { AgentRow } from './rows.ts';

/**
 * works: its secret in place was answered on · unproven: that is still to come · expiring: it ends within 14 days, or has ended ·
 * capped: its usage limit is reached · session incident: one process on it is rejected · window: all new ones are ·
 * incident: another open trouble with it · dead: the API has refused this very secret for good.
 */
export type CredentialVerdict =
  | 'works'
  | 'unproven'
  | 'expiring'
  | 'capped'
  | 'session incident'
  | 'window'
  | 'incident'
  | 'dead';

/** One element of `credentials` in `auth --json`. Never a secret; times are ISO 8601 UTC, absent values null. */
export type CredentialRow = {
  readonly name: string;
  readonly type: CredentialSpec['type'];
  /** Where its secret is read, in words: `file /srv/token`. */
  readonly source: string;
  /** Of the secret in place, as far as it is known; a stored login has none. */
  readonly fingerprint: string | null;
  /** Who is given it. */
  readonly agents: readonly string[];
  readonly verdict: CredentialVerdict;
  /** Open ones in which its agents are. */
  readonly incidents: readonly string[];
  readonly lastGood: { readonly agent: string; readonly at: string; readonly fingerprint: string | null } | null;
  /** When a person must have renewed it. */
  readonly endsAt: string | null;
  /** A replacement under way, or one that some agents have still to prove. */
  readonly rotation: Omit<RotationRow, 'steps'> | null;
};

/** Something that an agent could sign in with. */
export type SourceRow = {
  readonly kind: string;
  /** The variable, or what takes its place. */
  readonly name: string;
  readonly where: string;
  /** Of a variable's value. */
  readonly fingerprint: string | null;
};

/** One element of `agents` in `auth --json`. */
export type SignInRow = {
  readonly name: string;
  readonly state: AgentRow['state'];
  readonly credential: string | null;
  /** process: what its process was given, read back from it · declaration: what it would be given at its next start. */
  readonly seenIn: 'process' | 'declaration';
  /** The first in Claude Code's order of precedence; null when there is none, as far as files can tell. */
  readonly source: SourceRow | null;
  /** Those that it wins over. */
  readonly others: readonly SourceRow[];
  /** The first is what was declared for it; null when nothing was declared. */
  readonly isDeclared: boolean | null;
  /** What its process called its credential when it began, and its key when its last turn began; null: not heard, or none. */
  readonly tokenSource: string | null;
  readonly apiKeySource: string | null;
  /** Whether its process has named what was declared; null when it has named nothing, or nothing was declared. */
  readonly confirmed: boolean | null;
  readonly incident: string | null;
  readonly verdict: CredentialVerdict;
};

/** Something about signing in that is not well, as `doctor` shows it. */
export type AuthFinding = {
  readonly id: string;
  readonly level: 'error' | 'warning' | 'ok';
  readonly about: string;
  readonly found: string;
  readonly todo: string;
};

/** `auth --json`. */
export type AuthReport = {
  readonly credentials: readonly CredentialRow[];
  readonly agents: readonly SignInRow[];
  readonly findings: readonly AuthFinding[];
};
