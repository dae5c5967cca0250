export type MergedLogin =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/**
 * The text of a `.credentials.json` with a login that was just made. What else stood in the old one (the sign-ins of MCP
 * servers) stays. The shape is Claude Code's: `claudeAiOauth` with `accessToken` and `refreshToken`.
 */
export function mergedLogin(fresh: string, old: string | null): MergedLogin {
  const login = recordIn(fresh);
  if (login === null) return { ok: false, problem: 'it is not a JSON object' };
  const oauth = login['claudeAiOauth'];
  if (typeof oauth !== 'object' || oauth === null) return { ok: false, problem: 'it has no claudeAiOauth' };
  const missing = ['accessToken', 'refreshToken'].filter((key) => {
    const value = (oauth as Readonly<Record<string, unknown>>)[key];
    return typeof value !== 'string' || value === '';
  });
  if (missing.length > 0) return { ok: false, problem: `its ${missing.join(' and ')} is missing or empty` };
  return { ok: true, text: JSON.stringify({ ...(old === null ? {} : recordIn(old)), ...login }) };
}

function recordIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isRecord ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    // Not JSON: the question is answered.
    return null;
  }
}
