import { Buffer } from 'node:buffer';

/** A line of a turn is far below it; a longer one is not kept in memory, only counted. */
export const LINE_BYTES_MAX = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;

export type Line = {
  /** Without its line end; empty when it is oversized. Invalid UTF-8 is replaced here, never in the file. */
  readonly line: string;
  /** Logical offset of its first byte. */
  readonly start: number;
  /** Logical offset behind its LF: where a reader that was interrupted goes on. */
  readonly end: number;
  readonly oversized: boolean;
};

/** Says of a line's bytes whether it is worth decoding; see `mayMatter`. */
export type Wanted = (bytes: Buffer, start: number, end: number) => boolean;

/**
 * Cuts a stream of bytes into complete lines, at LF only. The bytes of a line are decoded together, so a character that
 * was split over two chunks stays whole. A chunk may be reused by its owner as soon as `push` has returned.
 */
export class LineSplitter {
  readonly #bytesMax: number;
  readonly #wanted: Wanted;
  /** The beginning of a line whose end has not come yet. */
  #pieces: Buffer[] = [];
  #pendingBytes = 0;
  #overflows = false;
  #lineStart: number;

  constructor(bytesMax: number = LINE_BYTES_MAX, offset = 0, wanted: Wanted = () => true) {
    this.#bytesMax = bytesMax;
    this.#lineStart = offset;
    this.#wanted = wanted;
  }

  /** Behind the last complete line: everything before it was reported, or was not wanted. */
  get offset(): number {
    return this.#lineStart;
  }

  /** Bytes of the line that is not complete yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      const line = this.#complete(chunk, from, at);
      if (line !== null) lines.push(line);
      from = at + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return lines;
  }

  #complete(chunk: Buffer, from: number, to: number): Line | null {
    const start = this.#lineStart;
    const bytes = this.#pendingBytes + to - from;
    const end = start + bytes + 1;
    this.#lineStart = end;
    if (this.#overflows || bytes > this.#bytesMax) {
      this.#reset();
      return { line: '', start, end, oversized: true };
    }
    if (this.#pendingBytes === 0) return this.#decode(chunk, from, to, start, end);
    const whole = Buffer.concat([...this.#pieces, chunk.subarray(from, to)], bytes);
    this.#reset();
    return this.#decode(whole, 0, bytes, start, end);
  }

  #decode(bytes: Buffer, from: number, to: number, start: number, end: number): Line | null {
    const last = to > from && bytes[to - 1] === CR ? to - 1 : to;
    if (!this.#wanted(bytes, from, last)) return null;
    return { line: bytes.toString('utf8', from, last), start, end, oversized: false };
  }

  /** Copied, because the chunk belongs to its reader, which fills it again. */
  #keep(rest: Buffer): void {
    this.#pendingBytes += rest.length;
    this.#overflows ||= this.#pendingBytes > this.#bytesMax;
    if (this.#overflows) this.#pieces = [];
    else this.#pieces.push(Buffer.from(rest));
  }

  #reset(): void {
    this.#pieces = [];
    this.#pendingBytes = 0;
    this.#overflows = false;
  }
}
