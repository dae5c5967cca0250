import { LogReader } from '../home/log-pieces.ts';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The line that ends at `end` (exclusive, its line feed included), null when it was dropped since. */
export function readLineBefore(path: string, end: number): string | null {
  const log = new LogReader(path);
  const parts: Buffer[] = [];
  for (let to = end; to > 0;) {
    const read = log.backwards(to, CHUNK_BYTES);
    if (read === null || 'gone' in read) return null;
    // The line feed at `end - 1` ends our line; the one before it ends the line before.
    const searchFrom = to === end ? read.bytes.length - 2 : read.bytes.length - 1;
    const newline = searchFrom < 0 ? -1 : read.bytes.lastIndexOf(NEWLINE, searchFrom);
    parts.unshift(read.bytes.subarray(newline + 1));
    if (newline !== -1) break;
    to = read.at;
  }
  return Buffer.concat(parts).toString('utf8').trimEnd();
}
