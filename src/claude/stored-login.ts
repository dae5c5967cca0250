/** What the `.credentials.json` of a config folder says of the login in it; neither token is kept. */
export type StoredLogin =
  | { readonly is: 'absent' }
  /** There is something that nobody can make a login of. */
  | { readonly is: 'unreadable'; readonly why: string }
  /** Emptied by a failed renewal: both tokens are gone, though the sign-in was to last longer. */
  | { readonly is: 'blanked' }
  | {
      readonly is: 'signed-in';
      /** False: it cannot renew itself and ends at `expiresAt`. */
      readonly refreshes: boolean;
      /** ms since the epoch, of the access token. Its lapse is normal where the login refreshes: it heals itself. */
      readonly expiresAt: number | null;
      /** ms since the epoch, when a person must sign in again. */
      readonly refreshTokenExpiresAt: number | null;
      readonly subscriptionType: string | null;
      readonly scopes: readonly string[];
    };

/**
 * Reads the text of `.credentials.json`, null when there is none. Claude Code keeps the logins of MCP servers in the same
 * file, so one without `claudeAiOauth` is no login.
 */
export function parseStoredLogin(text: string | null): StoredLogin {
  if (text === null) return { is: 'absent' };
  const value = parseJson(text);
  if (!isRecord(value)) return { is: 'unreadable', why: 'it is not JSON, or only a part of it' };
  const login = value['claudeAiOauth'];
  if (login === undefined || login === null) return { is: 'absent' };
  if (!isRecord(login)) return { is: 'unreadable', why: 'its `claudeAiOauth` is no object' };
  const { accessToken, refreshToken, scopes } = login;
  // Versions before 2.1.143 hang on it at their start.
  if (scopes !== undefined && scopes !== null && !Array.isArray(scopes)) {
    return { is: 'unreadable', why: 'its `scopes` are no list' };
  }
  if (!isFilled(accessToken) && !isFilled(refreshToken)) return { is: 'blanked' };
  return {
    is: 'signed-in',
    refreshes: isFilled(refreshToken),
    expiresAt: instantOf(login['expiresAt']),
    refreshTokenExpiresAt: instantOf(login['refreshTokenExpiresAt']),
    subscriptionType: isFilled(login['subscriptionType']) ? login['subscriptionType'] : null,
    scopes: (scopes ?? []).filter((scope: unknown) => typeof scope === 'string'),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Half written, or none of Claude Code's.
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** 0 stands for "none" in a blanked store. */
const instantOf = (value: unknown): number | null => (typeof value === 'number' && value > 0 ? value : null);
