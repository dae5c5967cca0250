/** One line each way between the shell that waits and the shell that has the code. Longer ones are not read. */
export const REQUEST_BYTES_MAX = 8_192;

/** `credential`: only if the sign-in that waits is for this one. */
export type DoorRequest = { readonly code: string; readonly credential: string | null };

export type SignedIn = {
  readonly credential: string;
  /** First 8 hex digits of SHA-256 of a token, null for a stored login. */
  readonly fingerprint: string | null;
  /** ISO 8601, UTC. */
  readonly mintedAt: string;
};

export type DoorAnswer =
  | { readonly ok: true; readonly signedIn: SignedIn }
  | { readonly ok: false; readonly problem: string };

/** Null when it is none. */
export function parseRequest(line: string): DoorRequest | null {
  const { code, credential } = fieldsOf(line);
  if (typeof code !== 'string') return null;
  return credential === null || typeof credential === 'string' ? { code, credential } : null;
}

/** Null when it is none. */
export function parseAnswer(line: string): DoorAnswer | null {
  const { ok, problem, signedIn } = fieldsOf(line);
  if (ok === false && typeof problem === 'string') return { ok, problem };
  if (ok !== true || typeof signedIn !== 'object' || signedIn === null) return null;
  const { credential, fingerprint, mintedAt } = signedIn as Readonly<Record<string, unknown>>;
  const isFingerprint = fingerprint === null || typeof fingerprint === 'string';
  if (typeof credential !== 'string' || !isFingerprint || typeof mintedAt !== 'string') return null;
  return { ok, signedIn: { credential, fingerprint, mintedAt } };
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    // Not a line of ours.
    return {};
  }
}
