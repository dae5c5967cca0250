import { closeSync, openSync } from 'node:fs';
import { SpawnRefused, type Spawner } from './process/spawn.ts';
import { Rounds } from './rounds.ts';

/**
 * Held back for the socket, so that a daemon that has no descriptor left still answers: Node closes a connection for which
 * there is none, and tells nobody.
 */
export const RESERVED = 8;
/** What a run needs while it begins, and some for what else goes on meanwhile. */
export const FREE_FOR_SPAWN_MIN = 16;

/** Whether there are enough for a spawn is dear to see, and every spawn looks for itself: once in so many looks. */
const LOOKS_OF_A_ROUND = 5;

/** Sees to it that agents do not use up the descriptors by which the daemon is asked. */
export class Descriptors {
  #held: readonly number[] = take(RESERVED);
  #isLow = false;
  readonly #rounds = new Rounds(LOOKS_OF_A_ROUND);

  /** Once a second: gives the reserve away when nothing else is free, and takes it back when there is enough. */
  look(): void {
    this.#rounds.next();
    if (this.#held.length === 0) this.#held = hasRoomFor(RESERVED + FREE_FOR_SPAWN_MIN) ? take(RESERVED) : [];
    else if (!hasRoomFor(1)) this.#release();
    const isWhole = this.#isLow || this.#held.length === 0 || this.#rounds.isTurnOf(0);
    if (isWhole) this.#isLow = !hasRoomFor(FREE_FOR_SPAWN_MIN);
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
      spawnRun: (plan) => {
        this.#isLow = !hasRoomFor(FREE_FOR_SPAWN_MIN);
        return this.#isLow ? Promise.reject(new SpawnRefused(tooFew())) : spawner.spawnRun(plan);
      },
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
