/** What happens when, earliest first; of two at the same time the one that was noted first. A binary heap. */
export class Agenda<T> {
  readonly #items: { readonly at: number; readonly order: number; readonly item: T }[] = [];
  #order = 0;

  /** When the next happens, Infinity when nothing is left. */
  get nextAt(): number {
    return this.#items[0]?.at ?? Infinity;
  }

  add(at: number, item: T): void {
    this.#order += 1;
    this.#items.push({ at, order: this.#order, item });
    for (let index = this.#items.length - 1; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  take(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (first === undefined || last === undefined || first === last) return first?.item;
    this.#items[0] = last;
    for (let index = 0; ;) {
      const [left, right] = [index * 2 + 1, index * 2 + 2];
      const child = right < this.#items.length && this.#isBefore(right, left) ? right : left;
      if (child >= this.#items.length || !this.#isBefore(child, index)) return first.item;
      this.#swap(child, index);
      index = child;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#items[one], this.#items[other]];
    if (a === undefined || b === undefined) return false;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#items[one], this.#items[other]];
    if (a === undefined || b === undefined) return;
    this.#items[one] = b;
    this.#items[other] = a;
  }
}
