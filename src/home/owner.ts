import { readFileSync } from 'node:fs';
import { daemonFile } from './paths.ts';

/** What `daemon.json` says of the owner of a home. */
export type Owner = {
  readonly pid: number;
  readonly start: string;
  readonly boot: string;
  readonly version: string;
  readonly protocol: number;
  readonly socket: string;
};

/** Null when the file names nobody. It is told by pid, start time and boot whether the owner still lives. */
export function readOwner(home: string): Owner | null {
  try {
    const value: unknown = JSON.parse(readFileSync(daemonFile(home), 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const owner = value as Partial<Owner>;
    const isWhole = typeof owner.pid === 'number' && typeof owner.start === 'string' && typeof owner.boot === 'string';
    return isWhole ? (owner as Owner) : null;
  } catch {
    // Missing or half-written: it names nobody.
    return null;
  }
}
