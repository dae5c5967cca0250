import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rotationHistory } from './histories.ts';
import type { HistoryMove } from './moves.ts';
import { forAll, howToTry, replayOf } from './replay.ts';

/** Holds of all histories but those in which an agent is sent something and a daemon dies. */
const isCalm = (moves: readonly HistoryMove[]): boolean =>
  !moves.some((move) => move.do === 'send') || !moves.some((move) => move.do === 'daemon');

const property = fc.property(rotationHistory, isCalm);
const variableIn = (text: string): string => / KERNEL_REPLAY=(\S+) /.exec(` ${text}`)?.[1] ?? '';

describe('a property that fails', () => {
  const failed = fc.check(property, { seed: 1 });
  const replay = replayOf(failed, { file: 'test/kernel/some.test.ts', name: "what it's (not)" });

  test('says the one command that plays its counterexample again', () => {
    expect(failed.failed).toBe(true);
    const rest = String.raw`npx vitest run --project unit 'test/kernel/some.test.ts' -t 'what it'\''s \(not\)$'`;
    expect(replay).toBe(`KERNEL_REPLAY=1/${failed.counterexamplePath} ${rest}`);
  });

  test('fails with the same counterexample, made as small as it was, by that command', () => {
    const again = fc.check(property, howToTry({ KERNEL_REPLAY: variableIn(replay) }));
    expect([again.failed, again.numRuns]).toEqual([true, 1]);
    expect(again.counterexample).toEqual(failed.counterexample);
    expect(failed.counterexample?.[0].length).toBeLessThan(20);
  });

  test('tells it in its error, with the counterexample itself', () => {
    const fails = (): void =>
      forAll(
        fc.property(fc.constant('a history'), () => false),
        1,
      );
    process.env['KERNEL_SEED'] = '7';
    try {
      expect(fails).toThrow(/KERNEL_REPLAY=7\/0 npx vitest run .*replay\.test\.ts' -t 'tells it in its error/);
      expect(fails).toThrow(/Counterexample: \["a history"\]/);
    } finally {
      delete process.env['KERNEL_SEED'];
    }
  });
});

test('what is no counterexample is refused: else another history would be played', () => {
  expect(() => howToTry({ KERNEL_REPLAY: '12' })).toThrow("KERNEL_REPLAY is '12'");
  expect(howToTry({ KERNEL_REPLAY: '-12/3:0' })).toEqual({ seed: -12, path: '3:0', endOnFailure: true });
  expect(howToTry({ KERNEL_SEED: '1' })).toEqual({ seed: 1, endOnFailure: true });
  expect(howToTry({})).toEqual({});
});
