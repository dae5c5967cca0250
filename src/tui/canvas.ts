import type { WriteStream } from 'node:tty';

/**
 * What Ink takes for its terminal. Ink 6.8 repaints relative to where it believes the cursor is: one line too low when
 * only some lines have changed, and with `ESC[3J`, which empties the scrollback of the shell, when the terminal became
 * lower. So Ink lays out, and `Screen` paints: in its debug mode Ink writes each frame as a whole.
 */
export class Canvas {
  readonly isTTY = false;
  readonly #terminal: WriteStream;
  readonly #paint: (lines: readonly string[]) => void;

  constructor(terminal: WriteStream, paint: (lines: readonly string[]) => void) {
    this.#terminal = terminal;
    this.#paint = paint;
  }

  /** The width that Ink lays out for. */
  get columns(): number {
    return this.#terminal.columns;
  }

  write(frame: string): boolean {
    if (frame !== '') this.#paint(frame.split('\n'));
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
