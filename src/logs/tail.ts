import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LogReader } from '../home/log-pieces.ts';
import { RUN_FILES } from '../home/paths.ts';

/** A longer line is not held in memory; its place is shown. */
export const LINE_BYTES_MAX = 128 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Stands between the lines of a log and is none of them. */
export class Mark {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return `(agentvisor: ${this.#text})`;
  }
}

/** The lines of a stream from its end to its begin, so that the end of a large log costs nothing of its size. */
export function* linesBackwards(
  file: string,
  end?: number,
  blockBytes: number = BLOCK_BYTES,
): Generator<Buffer | Mark> {
  const log = new LogReader(file);
  let position = end ?? log.end;
  const line = new LineParts();
  // The newline that ends the file, or ends what is left of it, begins no line.
  let isBegun = false;
  let isHalf = end === undefined;
  while (position > 0) {
    const read = log.backwards(position, blockBytes);
    if (read === null) break;
    if ('gone' in read) {
      if (isBegun) yield line.take();
      yield goneMark(position - read.to);
      [isBegun, isHalf, position] = [false, false, read.to];
      continue;
    }
    position = read.at;
    let block = read.bytes;
    for (let at = block.lastIndexOf(NEWLINE); at !== -1; at = block.lastIndexOf(NEWLINE)) {
      line.prepend(block.subarray(at + 1));
      if (isHalf) yield* truncation(file, line.bytes);
      if (isBegun || line.bytes > 0) yield line.take();
      [isBegun, isHalf] = [true, false];
      block = block.subarray(0, at);
    }
    line.prepend(block);
    isBegun ||= line.bytes > 0;
  }
  if (isHalf) yield* truncation(file, line.bytes);
  if (isBegun) yield line.take();
}

/** Where the last whole line ends: what follows is still being written. */
export function wholeLinesEnd(file: string): number {
  const log = new LogReader(file);
  for (let position = log.end; position > 0;) {
    const read = log.backwards(position, BLOCK_BYTES);
    // What stood before is gone: what is there now begins a line.
    if (read === null || 'gone' in read) return position;
    const at = read.bytes.lastIndexOf(NEWLINE);
    if (at !== -1) return read.at + at + 1;
    position = read.at;
  }
  return 0;
}

class LineParts {
  bytes = 0;
  #parts: Buffer[] = [];

  prepend(part: Buffer): void {
    this.bytes += part.length;
    if (this.bytes <= LINE_BYTES_MAX) this.#parts.unshift(part);
    else this.#parts = [];
  }

  take(): Buffer {
    const line = this.bytes <= LINE_BYTES_MAX ? Buffer.concat(this.#parts) : tooLong(this.bytes);
    this.bytes = 0;
    this.#parts = [];
    return line;
  }
}

export const tooLong = (bytes: number): Buffer => Buffer.from(`(agentvisor: a line of ${bytes} bytes is not shown)`);

export const goneMark = (bytes: number): Mark => new Mark(`${bytes} bytes that stood here were dropped`);

/** Half a line at the end of a run that is over never gets its other half. */
export function* truncation(file: string, bytes: number): Generator<Mark> {
  if (bytes === 0) return;
  const isOver = existsSync(join(dirname(file), RUN_FILES.exit));
  if (isOver && file.endsWith(RUN_FILES.stdout))
    yield new Mark(`this line is truncated: the run ended after ${bytes} bytes of it`);
}
