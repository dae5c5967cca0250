import { closeSync, existsSync, fdatasync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { previousFile } from '../home/journal.ts';

const datasync = promisify(fdatasync);

/** Appends whole lines to a private file; a file beyond `bytesMax` becomes the previous one and a new one is begun. */
export class Appender {
  readonly path: string;
  readonly #bytesMax: number;
  #fd: number;
  #bytes: number;

  constructor(path: string, bytesMax = Infinity) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#fd = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#fd).size;
    if (this.#bytes > 0) this.#endTornLine();
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws what the disk says; part of the text may have been written. */
  append(text: string): void {
    if (this.#bytes > this.#bytesMax) this.rotate();
    const buffer = Buffer.from(text);
    let written = 0;
    while (written < buffer.length) written += writeSync(this.#fd, buffer, written);
    this.#bytes += buffer.length;
  }

  /** It stands in its place, and nobody but us has written to it or cut it. */
  get isOurs(): boolean {
    const there = statSync(this.path, { throwIfNoEntry: false });
    const own = fstatSync(this.#fd);
    return there?.ino === own.ino && there.dev === own.dev && own.size === this.#bytes;
  }

  /**
   * Goes on with what stands in its place now.
   * @param bytes how long that was when it was looked at: what was written to it since is not ours
   */
  reopen(bytes: number): void {
    this.#take(openSync(this.path, 'a', 0o600));
    this.#bytes = bytes;
  }

  sync(): Promise<void> {
    return datasync(this.#fd);
  }

  /** The file becomes the previous one, which is replaced. One that somebody has removed is begun anew. */
  rotate(): void {
    if (existsSync(this.path)) renameSync(this.path, previousFile(this.path));
    this.#take(openSync(this.path, 'a', 0o600));
    this.#bytes = 0;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #take(fd: number): void {
    closeSync(this.#fd);
    this.#fd = fd;
  }

  /** A crash may have left half a line; what is appended must not be glued to it. An empty line is no line. */
  #endTornLine(): void {
    this.#bytes += writeSync(this.#fd, '\n');
  }
}
