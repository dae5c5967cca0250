import { open } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The line that ends at `end` (exclusive, its line feed included), null when the file no longer holds it. */
export async function readLineBefore(path: string, end: number): Promise<string | null> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return null;
  try {
    const parts: Buffer[] = [];
    let to = end;
    while (to > 0) {
      const from = Math.max(0, to - CHUNK_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
      if (bytesRead < to - from) return null;
      // The line feed at `end - 1` ends our line; the one before it ends the line before.
      const searchFrom = to === end ? bytesRead - 2 : bytesRead - 1;
      const newline = searchFrom < 0 ? -1 : buffer.lastIndexOf(NEWLINE, searchFrom);
      parts.unshift(buffer.subarray(newline + 1, bytesRead));
      if (newline !== -1) break;
      to = from;
    }
    return Buffer.concat(parts).toString('utf8').trimEnd();
  } finally {
    await file.close();
  }
}
