import { Appender } from './appender.ts';

/** Lines that wait for a disk that refuses them; what is older is lost, counted and shown. */
export const LINES_WAITING_MAX = 1_000;

/** A file of lines that are written down after what they tell of; a disk that refuses gets them later. */
export class RecordFile {
  readonly file: Appender;
  #waiting: string[] = [];
  #lost = 0;

  constructor(path: string, bytesMax: number) {
    this.file = new Appender(path, bytesMax);
  }

  /** Lines that were lost since the disk began to refuse. */
  get lost(): number {
    return this.#lost;
  }

  /** @throws what the disk says; the line waits then. */
  append(line: string): void {
    this.#waiting.push(line);
    const tooMany = Math.max(0, this.#waiting.length - LINES_WAITING_MAX);
    this.#waiting.splice(0, tooMany);
    this.#lost += tooMany;
    this.flush();
  }

  /** @throws what the disk says. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    this.file.append(this.#waiting.join(''));
    this.#waiting = [];
    this.#lost = 0;
  }
}
