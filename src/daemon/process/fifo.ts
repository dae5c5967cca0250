import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { reach } from '#failpoint';
import { hasCode } from '../../home/system-error.ts';

/**
 * written: all of it is in the pipe, which is no proof that anybody reads it · no-reader: nobody has the FIFO open, or
 * there is none; a hint, never proof of anything · full: nothing was written before the deadline · partial: begun
 * and not finished, so the next frame would be glued to it and this reader is lost.
 */
export type FrameOutcome = {
  readonly outcome: 'written' | 'no-reader' | 'full' | 'partial';
  readonly bytesWritten: number;
};

export interface FrameWriter {
  /** Frames for one path are written one after the other, each whole before the next. */
  writeFrame(path: string, frame: Buffer, options?: { readonly deadlineMs?: number }): Promise<FrameOutcome>;
}

export const WRITE_DEADLINE_MS = 5_000;
/** Frames that wait for one path; beyond it a frame is refused as `full` at once. */
export const FRAMES_WAITING_MAX = 64;

const PAUSE_MS_MIN = 1;
const PAUSE_MS_MAX = 50;

/**
 * Writes are synchronous and never block: O_NONBLOCK turns a full pipe into EAGAIN and a missing reader into ENXIO. A
 * blocking write would hold a thread of Node's pool for as long as an agent does not read. A frame of up to PIPE_BUF
 * bytes (4096 on Linux, 512 on macOS) goes in whole or not at all, a longer one in pieces.
 */
export class FifoWriter implements FrameWriter {
  readonly #lines = new Map<string, { waiting: number; tail: Promise<unknown> }>();

  async writeFrame(path: string, frame: Buffer, options: { readonly deadlineMs?: number } = {}): Promise<FrameOutcome> {
    const line = this.#lines.get(path) ?? { waiting: 0, tail: Promise.resolve() };
    if (line.waiting >= FRAMES_WAITING_MAX) return { outcome: 'full', bytesWritten: 0 };
    this.#lines.set(path, line);
    line.waiting += 1;
    const deadline = AbortSignal.timeout(options.deadlineMs ?? WRITE_DEADLINE_MS);
    const turn = line.tail.then(() => writeOne(path, frame, deadline));
    // The next frame does not care how this one ended; its own caller hears it.
    line.tail = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      line.waiting -= 1;
      if (line.waiting === 0) this.#lines.delete(path);
    }
  }
}

async function writeOne(path: string, frame: Buffer, deadline: AbortSignal): Promise<FrameOutcome> {
  // The deadline counts from the call: a frame that waited too long behind others is not begun.
  if (deadline.aborted) return { outcome: 'full', bytesWritten: 0 };
  const file = openWriteEnd(path);
  if (file === null) return { outcome: 'no-reader', bytesWritten: 0 };
  reach('write:begin', path);
  try {
    const poured = await pour(path, file, frame, deadline);
    reach('write:written', path);
    return poured;
  } finally {
    closeSync(file);
    reach('write:end', path);
  }
}

async function pour(path: string, file: number, frame: Buffer, deadline: AbortSignal): Promise<FrameOutcome> {
  let bytesWritten = 0;
  let pauseMs = PAUSE_MS_MIN;
  while (bytesWritten < frame.length) {
    const step = writeSome(file, frame, bytesWritten);
    if (step === 'no-reader') return { outcome: bytesWritten === 0 ? 'no-reader' : 'partial', bytesWritten };
    bytesWritten += step;
    if (bytesWritten === frame.length) break;
    if (deadline.aborted) return { outcome: bytesWritten === 0 ? 'full' : 'partial', bytesWritten };
    reach('write:part', path);
    pauseMs = step > 0 ? PAUSE_MS_MIN : Math.min(PAUSE_MS_MAX, pauseMs * 2);
    await delay(pauseMs);
  }
  return { outcome: 'written', bytesWritten };
}

/** null: nobody has it open for reading (ENXIO), or the shim has not made it yet (ENOENT). */
function openWriteEnd(path: string): number | null {
  let file: number;
  try {
    file = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (hasCode(cause, 'ENXIO') || hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
  if (fstatSync(file).isFIFO()) return file;
  closeSync(file);
  throw new Error(`${path} is not a FIFO; nothing is written to it.`);
}

function writeSome(file: number, frame: Buffer, from: number): number | 'no-reader' {
  try {
    return writeSync(file, frame, from);
  } catch (cause) {
    if (hasCode(cause, 'EAGAIN')) return 0;
    if (hasCode(cause, 'EPIPE')) return 'no-reader';
    throw cause;
  }
}
