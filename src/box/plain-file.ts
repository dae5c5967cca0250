import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

export type PlainFile =
  | { readonly is: 'read'; readonly text: string; readonly mode: number; readonly owner: number }
  | { readonly is: 'absent' }
  /** `code`: of the system, or what it is instead of a file that holds a text. */
  | { readonly is: 'unreadable'; readonly code: string };

/** Larger than any file that Claude Code or an operator keeps a credential or settings in. */
export const PLAIN_BYTES_MAX = 1024 * 1024;

/**
 * Reads a whole file, following links; what is asked of it is asked of the file that is read. A pipe is not waited for,
 * and what is larger than `bytesMax` is not read.
 */
export function readPlain(path: string, bytesMax: number = PLAIN_BYTES_MAX): PlainFile {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const entry = fstatSync(file);
    if (!entry.isFile()) return { is: 'unreadable', code: 'no plain file' };
    const text = readUpTo(file, bytesMax);
    if (text === null) return { is: 'unreadable', code: 'too large' };
    return { is: 'read', text, mode: entry.mode, owner: entry.uid };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return code === 'ENOENT' || code === 'ENOTDIR' ? { is: 'absent' } : { is: 'unreadable', code };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Null when there is more; files of /proc do not tell their size beforehand. */
function readUpTo(file: number, bytesMax: number): string | null {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const bytes = readSync(file, chunk, 0, chunk.length, null);
    if (bytes === 0) return Buffer.concat(chunks).toString('utf8');
    chunks.push(chunk.subarray(0, bytes));
    total += bytes;
    if (total > bytesMax) return null;
  }
}

const CHUNK_BYTES = 64 * 1024;
