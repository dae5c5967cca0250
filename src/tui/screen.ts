import { writeSync } from 'node:fs';

const STDOUT_FD = 1;

const ENTER = [
  '\u001b[?1049h', // the alternate screen: what stood before is there again afterwards
  '\u001b[?25l', // no cursor
  '\u001b[?7l', // a line that is wider than the terminal believes is cut and does not push the others down
  '\u001b[?2004h', // what is pasted is marked as such
  '\u001b[2J\u001b[H',
].join('');
const LEAVE = '\u001b[?2004l\u001b[?7h\u001b[0m\u001b[?25h\u001b[?1049l';

/** The terminal while it is ours. Whatever ends the program, `leave` gives it back as it was; it may be called twice. */
export class Screen {
  readonly #input: NodeJS.ReadStream;
  #isOurs = false;

  constructor(input: NodeJS.ReadStream) {
    this.#input = input;
  }

  enter(): void {
    if (this.#isOurs) return;
    this.#isOurs = true;
    this.#input.setRawMode(true);
    this.#write(ENTER);
  }

  leave(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    this.#write(LEAVE);
    // A terminal that is gone has no mode any more.
    if (this.#input.isTTY) this.#input.setRawMode(false);
  }

  clear(): void {
    if (this.#isOurs) this.#write('\u001b[2J\u001b[H');
  }

  /** A first frame, before whatever paints the others is there. */
  paint(lines: readonly string[]): void {
    if (this.#isOurs) this.#write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}`);
  }

  /** At once, also while the process ends. */
  #write(bytes: string): void {
    try {
      writeSync(STDOUT_FD, bytes);
    } catch {
      // The terminal was closed, or takes nothing now; there is nobody to tell.
    }
  }
}
