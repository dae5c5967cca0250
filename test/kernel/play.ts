import fc from 'fast-check';
import { vi } from 'vitest';
import type { Command, HistoryEvent } from '../../src/kernel/commands.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';
import { rebase } from '../../src/kernel/moment.ts';
import { CAST } from './cast.ts';
import { Model } from './model.ts';
import { forAll } from './replay.ts';
import type { Seen } from './seen.ts';
import { play, type HistoryMove } from './moves.ts';

/** How the properties play histories and look at them. */

export const RUNS = Number(process.env['KERNEL_HISTORIES'] ?? 200);

/** What a history may take on a busy machine, and a failure that is made smaller besides. */
const HISTORY_MS_MAX = 500;
/** More histories take more time: that they do is no failure. */
vi.setConfig({ testTimeout: Math.max(180_000, RUNS * HISTORY_MS_MAX) });

/** Of what is slower than a history only so many are played. */
export const runs = (share: number): number => Math.max(1, Math.round(RUNS * share));

export type Watch = (seen: Seen, model: Model) => void;

/** Plays a history and looks at every step of it. */
export function played(moves: readonly HistoryMove[], ...watches: readonly Watch[]): Model {
  const model = new Model(CAST, (seen, self) => watches.forEach((watch) => watch(seen, self)));
  play(model, moves);
  return model;
}

export const holds = (
  arbitrary: fc.Arbitrary<HistoryMove[]>,
  check: (moves: HistoryMove[]) => void,
  numRuns = RUNS,
): void => forAll(fc.property(arbitrary, check), Math.max(1, Math.round(numRuns)));

/** What a property claims; cheaper than `expect` where it is claimed of every step. */
export function claim(isTrue: boolean, text: string): void {
  if (!isTrue) throw new Error(`it does not hold: ${text}`);
}

/** Plain data is the same when it is written the same. */
export const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

type Recorded = Extract<Command, { type: 'record' }>;

export const recordsIn = ({ commands }: Seen, event: HistoryEvent): readonly Recorded[] =>
  commands.filter((command): command is Recorded => command.type === 'record' && command.event === event);

/** Of whom something is recorded in a step. */
export const records = (seen: Seen, event: HistoryEvent): readonly string[] =>
  recordsIn(seen, event).map(({ agent }) => agent);

/** The fleet as the step found it: after a reboot its deadlines are moved first. */
export const found = (seen: Seen): Fleet =>
  seen.before.seen !== null && seen.before.seen.boot !== seen.moment.boot
    ? rebase(seen.before, seen.before.seen, seen.moment)
    : seen.before;
