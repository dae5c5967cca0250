type Complain = (what: string, error: unknown) => void;

/** What goes wrong again and again is said once, until something else goes wrong in its place or nothing does any more. */
export class Complaints {
  readonly #complain: Complain;
  readonly #said = new Map<string, string>();

  constructor(complain: Complain) {
    this.#complain = complain;
  }

  wrong(what: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    if (this.#said.get(what) === text) return;
    this.#said.set(what, text);
    this.#complain(what, error);
  }

  right(what: string): void {
    this.#said.delete(what);
  }
}
