/** What is told of samples of one kind, in their own unit. */
export type Spread = {
  readonly min: number;
  readonly median: number;
  /** 99 of 100 samples are at most this; the largest one where there are fewer than a hundred. */
  readonly p99: number;
  readonly max: number;
  readonly count: number;
};

/** @throws when there is none: a figure of nothing is no figure */
export function spreadOf(samples: readonly number[]): Spread {
  if (samples.length === 0) throw new Error('nothing was measured');
  const sorted = samples.toSorted((one, other) => one - other);
  return {
    min: at(sorted, 0),
    median: (at(sorted, Math.ceil(sorted.length / 2) - 1) + at(sorted, Math.floor(sorted.length / 2))) / 2,
    p99: at(sorted, Math.ceil(sorted.length * 0.99) - 1),
    max: at(sorted, sorted.length - 1),
    count: sorted.length,
  };
}

export const medianOf = (samples: readonly number[]): number => spreadOf(samples).median;

/** For what is spent in bursts. */
export const meanOf = (samples: readonly number[]): number =>
  samples.reduce((sum, sample) => sum + sample, 0) / samples.length;

/** How often one median goes into another; null where that says nothing. */
export function ratioOf(samples: readonly number[], others: readonly number[]): number | null {
  const [one, other] = [medianOf(samples), medianOf(others)];
  return other === 0 ? null : one / other;
}

const at = (sorted: readonly number[], index: number): number => sorted[index] ?? Number.NaN;

/** Three digits that count, and no more than three behind the point: more than that is noise. */
export function figure(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toFixed(digits);
}
