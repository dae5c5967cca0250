/** A time in which the API turns somebody away. Times are ms since the epoch. */
export type Outage = {
  /**
   * window: a 401 to whoever asks; a process that has met it stays rejected, so that only a new one is answered when it is
   * over · throttle: a 429 without an end that is told; no restart helps.
   */
  readonly kind: 'window' | 'throttle';
  readonly from: number;
  readonly until: number;
  /** Null: whatever they sign in with. */
  readonly credential: string | null;
  /** Only the sessions of this agent; null: of all. */
  readonly agent: string | null;
  /** A throttle of one family of models; null: of all. */
  readonly tier: string | null;
};

/** Outages of one kind as somebody meets them: those that overlap are one. */
export class Door {
  readonly #times: readonly { readonly from: number; readonly until: number }[];

  constructor(outages: readonly { readonly from: number; readonly until: number }[]) {
    this.#times = merged(outages);
  }

  get times(): readonly { readonly from: number; readonly until: number }[] {
    return this.#times;
  }

  /** When it is open again for who finds it closed at that time, null for who finds it open. */
  opensAt(at: number): number | null {
    const time = this.#times[this.#firstAfter(at)];
    return time !== undefined && time.from <= at ? time.until : null;
  }

  /** When it closes next, at that time or later. */
  closesAt(at: number): number {
    const next = this.#times[this.#firstAfter(at)];
    if (next === undefined) return Infinity;
    return Math.max(next.from, at);
  }

  /** The first that is not over by then. */
  #firstAfter(at: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle]?.until ?? Infinity) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function merged(
  outages: readonly { readonly from: number; readonly until: number }[],
): readonly { readonly from: number; readonly until: number }[] {
  const all: { from: number; until: number }[] = [];
  for (const { from, until } of outages.toSorted((one, other) => one.from - other.from)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until);
    else all.push({ from, until });
  }
  return all;
}
