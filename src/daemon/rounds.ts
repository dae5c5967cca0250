/** Who is looked at in one of several looks only: not all in the same one, and each at least once a round. */
export class Rounds {
  readonly #looks: number;
  #look = 0;

  /** @param looks how many of them are one round */
  constructor(looks: number) {
    this.#looks = looks;
  }

  /** Another look begins. */
  next(): void {
    this.#look = (this.#look + 1) % this.#looks;
  }

  /** Whether it is the turn of who has this number. */
  isTurnOf(number: number): boolean {
    return number % this.#looks === this.#look;
  }
}
