import { existsSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { LogReader } from '../home/log-pieces.ts';
import { runsOf } from './run-files.ts';
import type { RunFiles } from './run-files.ts';
import { goneMark, LINE_BYTES_MAX, Mark, tooLong, truncation, wholeLinesEnd } from './tail.ts';

/** note: what agentvisor has to say of the log, no line of it. */
export type LogLine = { readonly run: string; readonly stream: 'stdout' | 'stderr' | 'note'; readonly bytes: Buffer };

/** Files are asked rather than watched: it works on every file system, and what is shown is at most this old. */
const POLL_MS = 200;
/** The newest run, and the one before it, whose last words may still be on their way. */
const RUNS_FOLLOWED = 2;
const NEWLINE = 0x0a;
const BLOCK_BYTES = 256 * 1024;
/** The daemon notices an emptied file within a second. */
const LOOKS_BEHIND_MAX = 15;

/** The lines of a stream, the last one also when it has no newline yet, unless `end` says where to stop. */
export async function* linesForwards(file: string, end = Infinity): AsyncGenerator<Buffer | Mark> {
  const cursor = new Cursor(file, 0);
  yield* cursor.read(end);
  const rest = cursor.rest();
  if (rest === undefined) return;
  yield rest;
  if (end === Infinity) yield* truncation(file, rest.length);
}

/** Where each file's whole lines end now: what is shown of the past stops there, and following begins there. */
export function endsOf(runs: readonly RunFiles[]): ReadonlyMap<string, number> {
  const files = runs.flatMap(({ stdout, stderr }) => [stdout, stderr]).filter((file) => existsSync(file));
  return new Map(files.map((file) => [file, wholeLinesEnd(file)]));
}

/** What is written from those ends on, also by the runs that follow. Ends when `signal` says so, with an AbortError. */
export async function* followRuns(
  home: string,
  agent: string,
  ends: ReadonlyMap<string, number>,
  signal?: AbortSignal,
): AsyncGenerator<LogLine> {
  const cursors = new Map([...ends].map(([file, offset]) => [file, new Cursor(file, offset)]));
  for (;;) {
    for (const { run, stdout, stderr } of (runsOf(home, agent) ?? []).slice(-RUNS_FOLLOWED)) {
      for (const [stream, file] of [
        ['stdout', stdout],
        ['stderr', stderr],
      ] as const) {
        const cursor = cursors.get(file) ?? new Cursor(file, 0);
        cursors.set(file, cursor);
        for await (const found of cursor.read(Infinity)) {
          if (signal?.aborted === true) return;
          yield lineOf(run, stream, found);
        }
      }
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

export const lineOf = (run: string, stream: 'stdout' | 'stderr', found: Buffer | Mark): LogLine =>
  found instanceof Mark ? { run, stream: 'note', bytes: Buffer.from(String(found)) } : { run, stream, bytes: found };

/** Reads on in a stream, whichever files its bytes are moved to meanwhile. */
class Cursor {
  readonly #log: LogReader;
  readonly #cutter = new LineCutter();
  #at: number;
  /** Looks in which there was less than has been read already. */
  #shorter = 0;

  constructor(file: string, at: number) {
    this.#log = new LogReader(file);
    this.#at = at;
  }

  /** Only whole lines: the rest of a half one comes with the next look. */
  async *read(end: number): AsyncGenerator<Buffer | Mark> {
    while (this.#at < end) {
      const read = this.#log.forwards(this.#at, Math.min(BLOCK_BYTES, end - this.#at));
      if (read === null) {
        yield* this.#lookBehind();
        return;
      }
      this.#shorter = 0;
      if ('gone' in read) {
        const half = this.rest();
        if (half !== undefined) yield half;
        yield goneMark(read.to - this.#at);
        this.#at = read.to;
        continue;
      }
      this.#at += read.bytes.length;
      yield* this.#cutter.push(read.bytes);
      await nextTurn();
    }
  }

  rest(): Buffer | undefined {
    return this.#cutter.rest();
  }

  /** Somebody has emptied the file. The daemon says from where it is counted then; without one it is begun anew. */
  *#lookBehind(): Generator<Mark> {
    const end = this.#log.end;
    this.#shorter = end < this.#at ? this.#shorter + 1 : 0;
    if (this.#shorter <= LOOKS_BEHIND_MAX) return;
    this.rest();
    this.#at = 0;
    yield new Mark('somebody else has emptied this log; what follows is new');
  }
}

class LineCutter {
  #parts: Buffer[] = [];
  #bytes = 0;

  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  rest(): Buffer | undefined {
    return this.#bytes === 0 ? undefined : this.#take();
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes <= LINE_BYTES_MAX) this.#parts.push(part);
    else this.#parts = [];
  }

  #take(): Buffer {
    const line = this.#bytes <= LINE_BYTES_MAX ? Buffer.concat(this.#parts) : tooLong(this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
