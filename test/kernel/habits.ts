/** How long the simulated host and its agents take to do what they are told, in ms; null: they never do. */
export type Habits = {
  readonly spawned: number | null;
  readonly initialized: number | null;
  readonly echoed: number | null;
  readonly interrupted: number | null;
  readonly termed: number | null;
  readonly killed: number | null;
  readonly swept: number | null;
};

export const OBLIGING: Habits = {
  spawned: 20,
  initialized: 400,
  echoed: 30,
  interrupted: 200,
  termed: 100,
  killed: 20,
  swept: 50,
};
