import { wall, type Wall } from './moment.ts';

/** How long one slot of an agent's day is. */
export const SLOT_MS = 15 * 60_000;
/** A day, and the slot that is under way. */
export const SLOTS_MAX = 97;

/** What an agent did in a quarter of an hour. A slot in which nothing happened is not kept. */
export type Slot = {
  /** When it began, on the wall clock. */
  readonly at: Wall;
  readonly good: number;
  readonly failed: number;
  readonly restarts: number;
};

export type Doing = 'good' | 'failed' | 'restarts';

/** Counts what was done in the slot of now. A clock that was set back goes on counting in the newest slot. */
export function noted(slots: readonly Slot[], doing: Doing, now: Wall): readonly Slot[] {
  const begin = wall(now - (now % SLOT_MS));
  const last = slots.at(-1);
  const isOpen = last !== undefined && last.at >= begin;
  const slot = isOpen ? last : { at: begin, good: 0, failed: 0, restarts: 0 };
  const counted = { ...slot, [doing]: slot[doing] + 1 };
  const oldest = counted.at - (SLOTS_MAX - 1) * SLOT_MS;
  return [...(isOpen ? slots.slice(0, -1) : slots), counted].filter(({ at }) => at >= oldest);
}
