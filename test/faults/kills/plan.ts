import type { Failpoint } from '../../../src/daemon/failpoint.ts';
import { diceOf, type Dice } from '../../../src/simulate/dice.ts';
import type { Death } from '../dying-daemon.ts';

/** What a daemon can be at, and where in it a death leaves something half done. */
const DEADLY = {
  spawn: ['spawn:begin', 'spawn:forked'],
  write: ['write:begin', 'write:written', 'write:part'],
  journal: ['journal:begin', 'journal:appended', 'journal:synced'],
  snapshot: ['snapshot:begin', 'snapshot:written', 'snapshot:renamed'],
  cut: ['cut:begin', 'cut:still', 'cut:intended', 'cut:emptied', 'cut:renamed'],
  stop: ['stop:begin', 'stop:termed', 'stop:killed', 'stop:swept'],
  rotation: ['rotation:begin', 'rotation:half-staged', 'rotation:kept', 'rotation:worked'],
} as const satisfies Readonly<Record<string, readonly Failpoint[]>>;

export type Activity = keyof typeof DEADLY;
export const ACTIVITIES = Object.keys(DEADLY) as readonly Activity[];

/** How often a daemon comes by a point of it within its short life, about. */
const HITS_MAX: Readonly<Record<Activity, number>> = {
  spawn: 2,
  write: 5,
  journal: 60,
  snapshot: 3,
  cut: 3,
  stop: 3,
  rotation: 1,
};

/** Of all kills the share that comes at an instant that nobody chose. */
const SHARE_AT_RANDOM = 0.5;
/** Of those at a point the share that are power cuts; of these half leave nothing of what was not on the disk. */
const SHARE_OF_POWER_CUTS = 0.2;

export type Kill =
  /** At this share (0 to 1) of the time that a daemon may live at most; counted from its start, for it dies in its beginning, too. */
  { readonly how: 'instant'; readonly share: number } | { readonly how: 'point' | 'power cut'; readonly death: Death };

/** Which kill comes next follows from the seed, and from what the daemons were at when those before were killed. */
export class KillPlan {
  readonly #dice: Dice;

  constructor(seed: number) {
    this.#dice = diceOf(seed);
  }

  next(met: ReadonlyMap<string, number>): Kill {
    const { roll } = this.#dice;
    if (roll() < SHARE_AT_RANDOM) return { how: 'instant', share: roll() };
    const least = Math.min(...ACTIVITIES.map((activity) => met.get(activity) ?? 0));
    const short = ACTIVITIES.filter((activity) => (met.get(activity) ?? 0) === least);
    const activity = this.#oneOf(short);
    const death = { point: this.#oneOf<Failpoint>(DEADLY[activity]), hit: 1 + Math.floor(roll() * HITS_MAX[activity]) };
    if (roll() >= SHARE_OF_POWER_CUTS) return { how: 'point', death };
    return { how: 'power cut', death: { ...death, kept: roll() < 0.5 ? 0 : roll() } };
  }

  #oneOf<T>(all: readonly T[]): T {
    const one = all[Math.floor(this.#dice.roll() * all.length)];
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  }
}
