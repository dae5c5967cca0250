import { createReadStream, existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../home/system-error.ts';
import { runsOf } from './run-files.ts';
import type { RunFiles } from './run-files.ts';
import { LINE_BYTES_MAX, tooLong, wholeLinesEnd } from './tail.ts';

export type LogLine = { readonly run: string; readonly stream: 'stdout' | 'stderr'; readonly bytes: Buffer };

/** Files are asked rather than watched: it works on every file system, and what is shown is at most this old. */
const POLL_MS = 200;
/** The newest run, and the one before it, whose last words may still be on their way. */
const RUNS_FOLLOWED = 2;
const NEWLINE = 0x0a;

/** The lines of a file, the last one also when it has no newline yet, unless `end` says where to stop. */
export async function* linesForwards(file: string, end?: number): AsyncGenerator<Buffer> {
  if (!existsSync(file) || end === 0) return;
  const cutter = new LineCutter();
  const stream = createReadStream(file, end === undefined ? {} : { end: end - 1 });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield* cutter.push(chunk);
  } catch (error) {
    // The daemon dropped the run while it was read.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  const rest = cutter.rest();
  if (rest !== undefined) yield rest;
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
  const cursors = new Map([...ends].map(([file, offset]) => [file, { offset, cutter: new LineCutter() }]));
  for (;;) {
    for (const { run, stdout, stderr } of (runsOf(home, agent) ?? []).slice(-RUNS_FOLLOWED)) {
      for (const [stream, file] of [
        ['stdout', stdout],
        ['stderr', stderr],
      ] as const) {
        const cursor = cursors.get(file) ?? { offset: 0, cutter: new LineCutter() };
        cursors.set(file, cursor);
        for await (const bytes of grown(file, cursor, signal)) yield { run, stream, bytes };
      }
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

type Cursor = { offset: number; readonly cutter: LineCutter };

/** Only whole lines: the rest of a half one comes with the next look. */
async function* grown(file: string, cursor: Cursor, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const size = sizeOf(file);
  // A live file is only ever cut when its begin was moved away; what follows is new.
  if (size < cursor.offset) cursor.offset = 0;
  if (size === cursor.offset) return;
  const { offset } = cursor;
  cursor.offset = size;
  const stream = createReadStream(file, { start: offset, end: size - 1, signal });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield* cursor.cutter.push(chunk);
  } catch (error) {
    // The daemon dropped the run after it was looked at.
    if (!hasCode(error, 'ENOENT')) throw error;
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

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
