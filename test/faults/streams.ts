import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LogReader } from '../../src/home/log-pieces.ts';

export const WRITER = join(import.meta.dirname, 'writer.mjs');

/** All that is kept of a stream, and how many bytes of it are gone. */
export function streamOf(live: string): { readonly bytes: Buffer; readonly gone: number } {
  const log = new LogReader(live);
  const parts: Buffer[] = [];
  let gone = 0;
  for (let at = 0; ;) {
    const read = log.forwards(at, 1024 * 1024);
    if (read === null) return { bytes: Buffer.concat(parts), gone };
    if ('gone' in read) {
      gone += read.to - at;
      at = read.to;
    } else {
      parts.push(read.bytes);
      at += read.bytes.length;
    }
  }
}

/** The numbers that the writer wrote, in the order in which they stand there. */
export const numbersIn = (text: string): number[] =>
  [...text.matchAll(/^\{"type":"result",.*"total_cost_usd":(\d+),"pad":"x*"\}$/gm)].map(([, n]) => Number(n));

/** The number that it said to have ended with; null: it has not ended. */
export function lastIn(text: string): number | null {
  const last = /^\{"last":(\d+)\}$/m.exec(text)?.[1];
  return last === undefined ? null : Number(last);
}

/** The first place at which numbers do not follow each other, for a message that can be read; null when all is well. */
export function firstBreak(numbers: readonly number[], last: number, from = 1): string | null {
  const at = numbers.findIndex((n, index) => n !== index + from);
  if (at !== -1) return `${numbers[at]} stands behind ${numbers[at - 1] ?? 'nothing'}`;
  return numbers.length === last - from + 1 ? null : `ends with ${numbers.at(-1)} instead of ${last}`;
}

export const runDirs = (home: string, agent: string): string[] => {
  const runs = join(home, 'agents', agent, 'runs');
  return readdirSync(runs)
    .toSorted()
    .map((run) => join(runs, run));
};
