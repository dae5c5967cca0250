import { spawnSync } from 'node:child_process';
import { constants, openSync, writeSync, closeSync } from 'node:fs';
import { Socket } from 'node:net';

/** What was written into it, with the moment on the clock of `performance.now` at which it came. */
export type Word = { readonly text: string; readonly at: number };

/** Where agents say something to the bench. A line below 4 KiB comes whole, whoever else writes. */
export class Ear {
  readonly path: string;
  readonly #socket: Socket;
  #words: Word[] = [];
  #rest = '';
  #wake: () => void = () => undefined;

  constructor(path: string) {
    this.path = path;
    makeFifo(path);
    this.#socket = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), writable: false });
    this.#socket.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
  }

  /** The first word that was said and not taken yet and of which it is true, now or later. @throws after `msMax` */
  async next(is: (text: string) => boolean, msMax = 30_000): Promise<Word> {
    const limit = performance.now() + msMax;
    for (;;) {
      const index = this.#words.findIndex(({ text }) => is(text));
      const [word] = index === -1 ? [] : this.#words.splice(index, 1);
      if (word !== undefined) return word;
      const leftMs = limit - performance.now();
      if (leftMs <= 0)
        throw new Error(
          `nobody said what was waited for: ${String(is)}; said was ${JSON.stringify(this.#words.slice(-5))}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    const at = performance.now();
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.#words.push(...lines.map((line) => ({ text: line, at })));
    this.#wake();
  }
}

export function makeFifo(path: string): void {
  const { status } = spawnSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`mkfifo ended with ${status}`);
}

/** Says one line to whoever reads there. @throws when nobody does */
export function tell(path: string, line: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeSync(file, `${line}\n`);
  } finally {
    closeSync(file);
  }
}
