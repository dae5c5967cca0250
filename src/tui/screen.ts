import { writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';
import { isEmpty, patchOf, type Patch } from './patch.ts';

const STDOUT_FD = 1;

const CLEAR = '\u001b[2J';
const ENTER = [
  '\u001b[?1049h', // the alternate screen: what stood before is there again afterwards
  '\u001b[?25l', // no cursor
  '\u001b[?7l', // a line that is wider than the terminal believes is cut and does not push the others down
  '\u001b[?2004h', // what is pasted is marked as such
  CLEAR,
].join('');
const LEAVE = '\u001b[?2004l\u001b[?7h\u001b[0m\u001b[?25h\u001b[?1049l';
/** A terminal that knows them shows all that stands between them at once. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

/** The terminal while it is ours. Whatever ends the program, `leave` gives it back as it was; it may be called twice. */
export class Screen {
  readonly #input: NodeJS.ReadStream;
  readonly #output: WriteStream;
  #isOurs = false;
  /** What the terminal shows, as far as we know; null: anything. */
  #shown: readonly string[] | null = null;
  #size = '';

  constructor(input: NodeJS.ReadStream, output: WriteStream) {
    this.#input = input;
    this.#output = output;
  }

  enter(): void {
    if (this.#isOurs) return;
    this.#isOurs = true;
    this.#shown = null;
    this.#input.setRawMode(true);
    this.#writeNow(ENTER);
  }

  leave(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    this.#writeNow(LEAVE);
    // A terminal that is gone has no mode any more.
    if (this.#input.isTTY) this.#input.setRawMode(false);
  }

  /** The next lines are painted all: the terminal may have lost what it had. */
  forget(): void {
    this.#shown = null;
  }

  /** What has to be painted so that these lines are shown; null when there is nothing to do. */
  patchFor(lines: readonly string[]): Patch | null {
    if (!this.#isOurs) return null;
    const { rows } = this.#output;
    // Lines for a terminal that was higher a moment ago would all fall on its last row.
    const visible = rows > 0 ? lines.slice(0, rows) : lines;
    const patch = patchOf(this.#sizeNow() === this.#size ? this.#shown : null, visible);
    return isEmpty(patch) ? null : patch;
  }

  /** Writes each line to its own place: nothing that was written before can shift it. */
  place({ clears, rows, lines }: Patch): void {
    if (!this.#isOurs) return;
    const known = clears ? [] : [...(this.#shown ?? [])];
    rows.forEach((row, index) => (known[row] = lines[index] ?? ''));
    this.#shown = known;
    this.#size = this.#sizeNow();
    this.#output.write(`${BEGIN}${bytesOf({ clears, rows, lines })}${END}`);
  }

  #sizeNow(): string {
    return `${this.#output.columns}x${this.#output.rows}`;
  }

  /** At once, also while the process ends. */
  #writeNow(bytes: string): void {
    try {
      writeSync(STDOUT_FD, bytes);
    } catch {
      // The terminal was closed, or takes nothing now; there is nobody to tell.
    }
  }
}

// Erased first: behind a line that is as wide as the terminal the cursor stands on its last character.
const bytesOf = ({ clears, rows, lines }: Patch): string =>
  `${clears ? CLEAR : ''}${rows.map((row, index) => `\u001b[${row + 1};1H\u001b[K${lines[index] ?? ''}`).join('')}`;
