/** Numbers that look drawn and follow from a seed: who uses the same one sees the same. */
export type Dice = {
  /** In [0, 1). */
  readonly roll: () => number;
  /** With that mean, often small and seldom large. */
  readonly exponential: (mean: number) => number;
  /** Half of them are below the median; `spread` is the deviation of the logarithm. */
  readonly logNormal: (median: number, spread: number) => number;
};

/** The generator mulberry32: 32 bits of state, good enough for a model and the same on every machine. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const roll = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  // Box and Muller; 1 - roll is never 0.
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
  return {
    roll,
    exponential: (mean) => -mean * Math.log(1 - roll()),
    logNormal: (median, spread) => median * Math.exp(spread * normal()),
  };
}
