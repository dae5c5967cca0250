import { ansi } from './ansi.ts';
import { frame } from './frame.ts';
import type { Model } from './model.ts';

/** At most ten frames a second. */
export const FRAME_MS_MIN = 100;

/** Makes frames of what the model is now: at once after a pause, else when the time between two has passed. */
export class Painter {
  readonly #model: () => Model;
  readonly #listeners = new Set<() => void>();
  #lines: readonly string[] = [];
  #paintedAt = -Infinity;
  #timer: NodeJS.Timeout | null = null;

  constructor(model: () => Model) {
    this.#model = model;
  }

  /** The lines that are shown now, as bytes. */
  readonly lines = (): readonly string[] => this.#lines;

  /** Calls back after each change until the returned function is called. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  /** Something may look different. */
  touch(): void {
    if (this.#timer !== null) return;
    const waitMs = this.#paintedAt + FRAME_MS_MIN - performance.now();
    if (waitMs <= 0) this.#paint();
    else
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#paint();
      }, waitMs);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#listeners.clear();
  }

  /** Nothing is told when nothing looks different: most seconds of a quiet fleet. */
  #paint(): void {
    this.#paintedAt = performance.now();
    const model = this.#model();
    const lines = frame(model).map((line) => ansi(line, model.look));
    if (lines.length === this.#lines.length && lines.every((line, index) => line === this.#lines[index])) return;
    this.#lines = lines;
    for (const changed of this.#listeners) changed();
  }
}
