import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { previousFile } from '../home/journal.ts';
import { openPlain } from '../home/plain.ts';

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

const datasync = promisify(fdatasync);

/** Appends whole lines to a private file; a file beyond `bytesMax` becomes the previous one and a new one is begun. */
export class Appender {
  readonly path: string;
  readonly #bytesMax: number;
  #fd: number;
  #bytes: number;
  /** The last line may be whole but for its end; what is appended must not be glued to it. An empty line is no line. */
  #isTorn: boolean;

  constructor(path: string, bytesMax = Infinity) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#fd = openPlain(path, APPEND);
    cutHalfLine(path, this.#fd);
    this.#bytes = fstatSync(this.#fd).size;
    this.#isTorn = this.#bytes > 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** All of it or nothing. @throws what the disk says. */
  append(text: string): void {
    if (this.#bytes > this.#bytesMax) this.rotate();
    const buffer = Buffer.from(this.#isTorn ? `\n${text}` : text);
    let written = 0;
    try {
      while (written < buffer.length) written += writeSync(this.#fd, buffer, written);
    } catch (error) {
      // A disk that becomes full takes a part; what comes later must not be glued to it.
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
    this.#bytes += buffer.length;
    this.#isTorn = false;
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
    this.#take(openPlain(this.path, APPEND));
    this.#bytes = bytes;
    this.#isTorn = bytes > 0;
  }

  sync(): Promise<void> {
    return datasync(this.#fd);
  }

  /** The file becomes the previous one, which is replaced. One that somebody has removed is begun anew. */
  rotate(): void {
    if (existsSync(this.path)) renameSync(this.path, previousFile(this.path));
    this.#take(openPlain(this.path, APPEND));
    this.#bytes = 0;
    this.#isTorn = false;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #take(fd: number): void {
    closeSync(this.#fd);
    this.#fd = fd;
  }
}

/** Half a line at the end is what a crash has left, and was never acted on. Several of them would look like damage. */
function cutHalfLine(path: string, appended: number): void {
  const read = openPlain(path, constants.O_RDONLY);
  try {
    // A character a byte: offsets are those of the file.
    const text = readFileSync(read, 'latin1');
    const from = text.lastIndexOf('\n') + 1;
    if (!isWhole(text.slice(from))) ftruncateSync(appended, from);
  } finally {
    closeSync(read);
  }
}

/** Only its end is missing: whoever reads the file takes it for a line, so it is one. */
function isWhole(line: string): boolean {
  if (line === '') return true;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
