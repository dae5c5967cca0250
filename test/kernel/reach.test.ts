import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CAUSES, type Cause, type Health } from '../../src/kernel/causes.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';
import { honestHistory } from './histories.ts';
import type { RotationStage } from '../../src/kernel/ledger.ts';
import type { Seen } from './seen.ts';
import { played } from './play.ts';

/** What is proven of histories is worth as much as what they reach. */

const HISTORIES = 400;
const SHARE_MIN = 0.01;

/** A record, so that the compiler sees when a word is added. */
const HEALTH: Readonly<Record<Health, true>> = {
  unknown: true,
  healthy: true,
  suspect: true,
  wedged: true,
  quiet: true,
  verifying: true,
  throttled: true,
  capped: true,
  held: true,
  stalled: true,
};

const STAGES: Readonly<Record<RotationStage, true>> = {
  staging: true,
  trying: true,
  rolling: true,
  promoting: true,
  settling: true,
  undoing: true,
  done: true,
  undone: true,
};

const stages = ({ after, before }: Seen): readonly RotationStage[] =>
  after.ledger === before.ledger ? [] : Object.values(after.ledger).flatMap(({ rotation }) => rotation?.stage ?? []);

const healthWords = ({ agents }: Fleet): readonly Health[] => Object.values(agents).map(({ health }) => health);

function causes({ after, commands }: Seen): readonly Cause[] {
  const recorded = commands.flatMap((command) =>
    command.type === 'record' && command.cause !== null ? command.cause : [],
  );
  const states = Object.values(after.agents).flatMap(({ state }) => ('cause' in state ? state.cause : []));
  return [...recorded, ...states, ...Object.values(after.incidents).map(({ cause }) => cause)];
}

function reachedIn(seed: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const moves of fc.sample(honestHistory, { seed, numRuns: HISTORIES })) {
    const reached = new Set<string>();
    played(moves, (seen) => {
      for (const word of healthWords(seen.after)) reached.add(`health ${word}`);
      for (const cause of causes(seen)) reached.add(`cause ${cause}`);
      for (const stage of stages(seen)) reached.add(`rotation ${stage}`);
    });
    for (const word of reached) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

const lineOf = (word: string, count: number): string =>
  `${word.padEnd(28)}${String(count).padStart(5)}${((100 * count) / HISTORIES).toFixed(1).padStart(8)} %`;

test(
  'honest histories reach every health word, every cause and every stage of a rotation, each in at least one of a hundred',
  { timeout: 60_000 },
  () => {
    const counts = reachedIn(1);
    const words = [
      ...Object.keys(HEALTH).map((word) => `health ${word}`),
      ...Object.keys(CAUSES).map((cause) => `cause ${cause}`),
      ...Object.keys(STAGES).map((stage) => `rotation ${stage}`),
    ].map((word) => ({ word, count: counts.get(word) ?? 0 }));
    console.log(
      [`reached in ${HISTORIES} histories:`, ...words.map(({ word, count }) => lineOf(word, count))].join('\n'),
    );
    expect(words.filter(({ count }) => count < SHARE_MIN * HISTORIES)).toEqual([]);
  },
);
