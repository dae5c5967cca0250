/** A fault of Claude Code that an unattended agent runs into, and the version that ended it. */
export type KnownFix = { readonly version: string; readonly ended: string };

/**
 * From the changelog of Claude Code, oldest first. The one of 2.1.225 matters most here: the token that an agent was given
 * must not be replaced behind everybody's back.
 */
export const KNOWN_FIXES: readonly KnownFix[] = [
  { version: '2.1.117', ended: 'a 401 did not make it renew its login' },
  { version: '2.1.118', ended: 'it crashed while it saved a login, or renewed one too early' },
  { version: '2.1.126', ended: 'two processes could clear the refresh token' },
  { version: '2.1.129', ended: 'a machine that woke up could sign out every process' },
  { version: '2.1.133', ended: 'sessions side by side all ended at a 401' },
  { version: '2.1.143', ended: 'a login with odd scopes made it hang at its start' },
  { version: '2.1.163', ended: '`-p` could hang after its result' },
  { version: '2.1.178', ended: 'requests were made with settings that had changed' },
  { version: '2.1.199', ended: 'a short throttle failed a turn at once' },
  { version: '2.1.206', ended: 'an expired login was shown as a wrong model' },
  { version: '2.1.208', ended: 'a failing apiKeyHelper was tried for long' },
  { version: '2.1.211', ended: 'a machine that woke up signed out all its processes' },
  { version: '2.1.212', ended: 'SIGTERM left what its shells had started' },
  { version: '2.1.225', ended: 'after one passing 401 a token from the environment was replaced by the stored login' },
  { version: '2.1.236', ended: 'SIGTERM noted an interruption that nobody had asked for' },
];

/** The version with which none of the known faults is left. */
export const FIXED_VERSION = KNOWN_FIXES.at(-1)?.version ?? '0.0.0';

/**
 * The known fixes that `version` lacks, oldest first. Empty for a text that is no version: what cannot be read is not
 * accused.
 */
export function missingFixes(version: string): readonly KnownFix[] {
  const own = numbersOf(version);
  return own === null ? [] : KNOWN_FIXES.filter((fix) => isBelow(own, numbersOf(fix.version) ?? []));
}

function numbersOf(version: string): readonly number[] | null {
  const [, ...numbers] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return numbers.length === 0 ? null : numbers.map(Number);
}

function isBelow(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at !== -1 && (one[at] ?? 0) < (other[at] ?? 0);
}
