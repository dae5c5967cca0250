import { readIfThere } from './ndjson.ts';
import { daemonFile } from './paths.ts';

/** What `daemon.json` says of the owner of a home. */
export type Owner = {
  readonly pid: number;
  readonly start: string;
  readonly boot: string;
  readonly version: string;
  readonly protocol: number;
  readonly socket: string;
  /** What holds it: a unit of systemd, a job of launchd. Absent: a keeper, or nobody. */
  readonly unit?: string;
};

/**
 * The daemon's exit code when it was told by SIGUSR2 to make room for the next one: what holds it starts it again. A daemon of
 * a version that does not know the signal dies of it, and is started again, too.
 */
export const START_AGAIN_EXIT = 75;

/** In the environment of a daemon that a unit holds: the unit's name. */
export const UNIT_VARIABLE = 'AGENTVISOR_UNIT';

/** Null when the file names nobody. It is told by pid, start time and boot whether the owner still lives. */
export function readOwner(home: string): Owner | null {
  try {
    const value: unknown = JSON.parse(readIfThere(daemonFile(home)) ?? 'null');
    if (typeof value !== 'object' || value === null) return null;
    const owner = value as Partial<Owner>;
    const isWhole = typeof owner.pid === 'number' && typeof owner.start === 'string' && typeof owner.boot === 'string';
    return isWhole ? (owner as Owner) : null;
  } catch {
    // Missing or half-written: it names nobody.
    return null;
  }
}
