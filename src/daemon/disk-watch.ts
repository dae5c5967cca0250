import { statfsSync, type StatsFs } from 'node:fs';
import type { Event } from '../kernel/events.ts';
import type { Fleet } from '../kernel/fleet.ts';

/** A disk counts as full when less than this is free, or than this part of it when it is small. */
export const FREE_BYTES_MIN = 64 * 1024 * 1024;
const FREE_PART_MIN = 0.05;
/** It has room again when this many times as much is free: one that is just at its limit is not told of again and again. */
const ROOM_FACTOR = 2;

/** How much would have to be freed so that the disk of this folder has room; 0: it has, or nobody can tell. */
export function missingBytes(folder: string, isFull = true): number {
  const disk = lookAt(folder);
  if (disk === null) return 0;
  const { bsize, blocks, bavail } = disk;
  const least = Math.min(FREE_BYTES_MIN, blocks * bsize * FREE_PART_MIN);
  const free = bavail * bsize;
  if (!isFull && free >= least) return 0;
  return Math.max(0, Math.ceil(least * ROOM_FACTOR - free));
}

function lookAt(folder: string): StatsFs | null {
  try {
    return statfsSync(folder);
  } catch {
    // The home was removed: whoever needs it says so.
    return null;
  }
}

/** Looks whether the disk that holds the agents' output has room; once a second. */
export class DiskWatch {
  readonly #home: string;
  readonly #fleet: () => Fleet;
  readonly #submit: (event: Event) => Promise<void>;

  constructor(home: string, fleet: () => Fleet, submit: (event: Event) => Promise<void>) {
    this.#home = home;
    this.#fleet = fleet;
    this.#submit = submit;
  }

  check(): void {
    const isFull = this.#fleet().disk !== null;
    const missing = missingBytes(this.#home, isFull);
    // While it is full it is told each time: there may be more to drop by now.
    if (missing > 0 || isFull) void this.#submit({ type: 'disk', missingBytes: missing });
  }
}
