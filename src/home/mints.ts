import { mkdirSync } from 'node:fs';
import { replaceFile } from './durable.ts';
import { readIfThere } from './ndjson.ts';
import { mintsFile, stateFolder } from './paths.ts';

/** When a credential was signed in to: a token shows its age nowhere. */
export type Mint = {
  readonly credential: string;
  /** Null for a stored login, whose secret changes by itself. */
  readonly fingerprint: string | null;
  /** ISO 8601, UTC. */
  readonly mintedAt: string;
};

/** The latest are kept. */
export const MINTS_MAX = 200;

/** One for each secret, the latest last. A file that is not ours to read counts as none. */
export function readMints(home: string): readonly Mint[] {
  try {
    const value: unknown = JSON.parse(readIfThere(mintsFile(home)) ?? '[]');
    return Array.isArray(value) ? value.filter(isMint) : [];
  } catch {
    // Written by hand or cut: what it said is lost, and nothing depends on it but a date that is shown.
    return [];
  }
}

/** Takes the place of what was known of that secret; of another one that may still be in use it stays. Durable when it returns. */
export function recordMint(home: string, mint: Mint): void {
  const isSame = (other: Mint): boolean =>
    other.credential === mint.credential && other.fingerprint === mint.fingerprint;
  const others = readMints(home).filter((other) => !isSame(other));
  mkdirSync(stateFolder(home), { recursive: true, mode: 0o700 });
  replaceFile(mintsFile(home), `${JSON.stringify([...others, mint].slice(-MINTS_MAX))}\n`);
}

function isMint(value: unknown): value is Mint {
  if (typeof value !== 'object' || value === null) return false;
  const { credential, fingerprint, mintedAt } = value as Readonly<Record<string, unknown>>;
  const isFingerprint = fingerprint === null || typeof fingerprint === 'string';
  return typeof credential === 'string' && isFingerprint && typeof mintedAt === 'string';
}
