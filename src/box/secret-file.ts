import { readPlain } from './plain-file.ts';

/** What a file that holds a secret gives. */
export type SecretFile =
  | { readonly is: 'secret'; readonly secret: string }
  | { readonly is: 'absent' | 'empty' }
  | { readonly is: 'unreadable'; readonly code: string }
  /** Others may read or change it: `why` and what to do. */
  | { readonly is: 'open'; readonly why: string; readonly todo: string };

export type FileOwnership = { readonly mode: number; readonly owner: number };

/** Larger than any token, so that a wrong path is told and not swallowed. */
const SECRET_BYTES_MAX = 64 * 1024;
const ROOT = 0;
/** The group and others may do nothing with a file of one's own. */
const OTHERS = 0o077;
/**
 * Of a file of root, the group may read: a secret that systemd hands to a service is such a file (0440), because its
 * access list for the user of the service shows as the group's bits (systemd issue 29435). Root can read everything anyhow.
 */
const OTHERS_BUT_GROUP_READS = 0o037;

/** Why a file with this mode and owner is not private to the user `me`, null when it is. */
export function whyOpen({ mode, owner }: FileOwnership, me: number): string | null {
  if (owner !== me && owner !== ROOT) return `it belongs to user ${owner}, not to you (${me})`;
  const forbidden = owner === me ? OTHERS : OTHERS_BUT_GROUP_READS;
  return (mode & forbidden) === 0
    ? null
    : `other users can read or change it (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`;
}

/** Reads the secret in the file at `path`, without the blanks and line breaks around it. */
export function readSecretFile(path: string): SecretFile {
  const file = readPlain(path, SECRET_BYTES_MAX);
  if (file.is !== 'read') return file;
  // Where there are no users (never on Linux or macOS) there is nothing to compare.
  const me = process.getuid?.();
  const why = me === undefined ? null : whyOpen(file, me);
  if (why !== null) return { is: 'open', why, todo: closing(path, file, me ?? ROOT) };
  const secret = file.text.trim();
  return secret === '' ? { is: 'empty' } : { is: 'secret', secret };
}

const closing = (path: string, { owner }: FileOwnership, me: number): string =>
  owner === me ? `chmod 600 ${path}` : `sudo chown ${me} ${path} && chmod 600 ${path}`;
