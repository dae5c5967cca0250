import { closeSync, openSync, readSync } from 'node:fs';
import { blockOf, HEAD, LINE_BYTES, numberBlock } from './agents/lines.mjs';

/** How what stands in a file differs from the numbered lines that were written. */
export type Inspected = { readonly lost: number; readonly doubled: number; readonly broken: number };

const CHUNK_BYTES = 4 * 1024 * 1024;
const LF = 0x0a;

/** Compares files, which follow each other, with the lines from 0 to `count`; what an agent says beside them is passed over. */
export function inspect(paths: readonly string[], count: number): Inspected {
  const inspector = new Inspector(count);
  for (const path of paths) readInto(path, (bytes) => inspector.push(bytes));
  return inspector.end();
}

export class Inspector {
  readonly #seen: Uint8Array;
  readonly #expected = numberBlock(blockOf(), 0).subarray(0, LINE_BYTES - 1);
  #rest: Buffer = Buffer.alloc(0);
  #doubled = 0;
  #broken = 0;

  constructor(count: number) {
    this.#seen = new Uint8Array(count);
  }

  push(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let from = 0;
    for (let to = all.indexOf(LF); to !== -1; to = all.indexOf(LF, from)) {
      this.#look(all.subarray(from, to));
      from = to + 1;
    }
    this.#rest = Buffer.from(all.subarray(from));
  }

  end(): Inspected {
    if (this.#rest.length > 0) this.#look(this.#rest);
    let lost = 0;
    for (const times of this.#seen) if (times === 0) lost += 1;
    return { lost, doubled: this.#doubled, broken: this.#broken };
  }

  #look(line: Buffer): void {
    const text = line.toString('latin1', 0, HEAD.length + 10);
    if (!text.startsWith(HEAD)) {
      // What Claude Code says of itself is whole JSON; a part of a line is not.
      if (!isJson(line)) this.#broken += 1;
      return;
    }
    const number = Number(text.slice(HEAD.length));
    this.#expected.write(text.slice(HEAD.length), HEAD.length, 'latin1');
    if (!Number.isInteger(number) || number >= this.#seen.length || !this.#expected.equals(line)) this.#broken += 1;
    else if (this.#seen[number] === 1) this.#doubled += 1;
    else this.#seen[number] = 1;
  }
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString('utf8'));
    return true;
  } catch {
    // That is the answer.
    return false;
  }
}

/** The chunk is filled again: what is kept of it must be copied. */
function readInto(path: string, take: (bytes: Buffer) => void): void {
  const file = openSync(path, 'r');
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  try {
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) take(chunk.subarray(0, read));
  } finally {
    closeSync(file);
  }
}
