import { LogReader } from '../../home/log-pieces.ts';

const TAIL_BYTES = 4_096;

/** The end of what was printed, '' when it cannot be read: it only helps to explain an exit. */
export function readTail(path: string): string {
  const log = new LogReader(path);
  const parts: Buffer[] = [];
  let left = TAIL_BYTES;
  try {
    for (let end = log.end; left > 0 && end > 0;) {
      const read = log.backwards(end, left);
      if (read === null || 'gone' in read) break;
      parts.unshift(read.bytes);
      end = read.at;
      left -= read.bytes.length;
    }
  } catch {
    // Somebody has taken it away from us: there is nothing more to quote.
  }
  return Buffer.concat(parts).toString('utf8');
}

export const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
