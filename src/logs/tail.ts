import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A longer line is not held in memory; its place is shown. */
export const LINE_BYTES_MAX = 128 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The lines of a file from its end to its begin, so that the end of a large log costs nothing of its size. */
export function* linesBackwards(file: string, end?: number, blockBytes: number = BLOCK_BYTES): Generator<Buffer> {
  const fd = openSync(file, 'r');
  try {
    const size = end ?? fstatSync(fd).size;
    let position = size;
    // The newline that ends the file begins no line.
    let isEnd = true;
    const line = new LineParts();
    while (position > 0) {
      const length = Math.min(blockBytes, position);
      position -= length;
      let block = readBlock(fd, position, length);
      for (let at = block.lastIndexOf(NEWLINE); at !== -1; at = block.lastIndexOf(NEWLINE)) {
        line.prepend(block.subarray(at + 1));
        if (!isEnd || line.bytes > 0) yield line.take();
        isEnd = false;
        block = block.subarray(0, at);
      }
      line.prepend(block);
      if (block.length > 0) isEnd = false;
    }
    if (size > 0) yield line.take();
  } finally {
    closeSync(fd);
  }
}

/** Where the last whole line ends: what follows is still being written. */
export function wholeLinesEnd(file: string): number {
  const fd = openSync(file, 'r');
  try {
    for (let position = fstatSync(fd).size; position > 0;) {
      const length = Math.min(BLOCK_BYTES, position);
      position -= length;
      const at = readBlock(fd, position, length).lastIndexOf(NEWLINE);
      if (at !== -1) return position + at + 1;
    }
    return 0;
  } finally {
    closeSync(fd);
  }
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

function readBlock(fd: number, position: number, length: number): Buffer {
  const block = Buffer.allocUnsafe(length);
  const bytes = readSync(fd, block, 0, length, position);
  return block.subarray(0, bytes);
}
