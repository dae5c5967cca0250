import type { WriteStream } from 'node:tty';

/**
 * What Ink takes for its terminal. Ink lays out and renders the lines that have changed, in its debug mode each time as a
 * whole; where they stand on the screen is ours. By itself Ink 6.8 would render all lines again, which takes tens of times
 * as long (`npm run bench:tui`), paint one line too low when only some have changed, and empty the scrollback of the
 * shell (`ESC[3J`) when the terminal became lower.
 */
export class Canvas {
  readonly isTTY = false;
  readonly #terminal: WriteStream;
  readonly #take: (lines: readonly string[]) => void;

  constructor(terminal: WriteStream, take: (lines: readonly string[]) => void) {
    this.#terminal = terminal;
    this.#take = take;
  }

  /** The width that Ink lays out for. */
  get columns(): number {
    return this.#terminal.columns;
  }

  write(rendered: string): boolean {
    if (rendered !== '') this.#take(rendered.split('\n'));
    return true;
  }

  /** Whoever owns the terminal hears of its new size. */
  on(): this {
    return this;
  }

  off(): this {
    return this;
  }
}
