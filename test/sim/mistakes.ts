/** Mistakes that somebody could make, each of which the simulator must notice. */
export type Mistake = {
  readonly name: string;
  /** Below src. */
  readonly file: string;
  /** Stands there exactly once, as it is when the types are taken away. */
  readonly from: string;
  readonly to: string;
};

export const MISTAKES: readonly Mistake[] = [];
