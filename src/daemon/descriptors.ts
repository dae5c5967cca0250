import { closeSync, openSync } from 'node:fs';
import { SpawnRefused, type Spawner } from './process/spawn.ts';

/**
 * Held back for the socket, so that a daemon that has no descriptor left still answers: Node closes a connection for which
 * there is none, and tells nobody.
 */
export const RESERVED = 8;
/** What a run needs while it begins, and some for what else goes on meanwhile. */
export const FREE_FOR_SPAWN_MIN = 16;

/** Sees to it that agents do not use up the descriptors by which the daemon is asked. */
export class Descriptors {
  #held: readonly number[] = take(RESERVED);
  #isLow = false;

  /** Once a second: gives the reserve away when nothing else is free, and takes it back when there is enough. */
  look(): void {
    if (this.#held.length === 0) this.#held = hasRoomFor(RESERVED + FREE_FOR_SPAWN_MIN) ? take(RESERVED) : [];
    else if (!hasRoomFor(1)) this.#release();
    this.#isLow = !hasRoomFor(FREE_FOR_SPAWN_MIN);
  }

  /** For people; empty as long as another agent could be started. */
  lines(): readonly string[] {
    return this.#isLow
      ? [
          'descriptors: too few are free to start another agent; raise the limit (ulimit -n, LimitNOFILE) and: agentvisor daemon restart',
        ]
      : [];
  }

  /** A spawn that would take the last ones is refused before it begins. */
  guard(spawner: Spawner): Spawner {
    return {
      spawnRun: (plan) =>
        hasRoomFor(FREE_FOR_SPAWN_MIN) ? spawner.spawnRun(plan) : Promise.reject(new SpawnRefused(tooFew())),
    };
  }

  close(): void {
    this.#release();
  }

  #release(): void {
    for (const fd of this.#held) closeSync(fd);
    this.#held = [];
  }
}

const tooFew = (): Error => Object.assign(new Error('EMFILE: too few descriptors are free'), { code: 'EMFILE' });

function hasRoomFor(count: number): boolean {
  const taken = take(count);
  for (const fd of taken) closeSync(fd);
  return taken.length === count;
}

/** All of them, or none. */
function take(count: number): readonly number[] {
  const taken: number[] = [];
  try {
    while (taken.length < count) taken.push(openSync('/dev/null', 'r'));
    return taken;
  } catch {
    // EMFILE or ENFILE: that is what was asked.
    for (const fd of taken) closeSync(fd);
    return [];
  }
}
