import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { hasCode } from './system-error.ts';

/** In the place of a file of ours stands something else. */
export class NotPlain extends Error {
  constructor(path: string) {
    super(`${path} is no plain file`);
    this.name = 'NotPlain';
  }
}

/**
 * Opens a file of the home, and nothing else: through a link somebody would have us write or believe what lies elsewhere, and
 * a FIFO would hold up whoever opens it until somebody opens its other end.
 *
 * @param flags `O_…` of node:fs
 * @throws NotPlain, or what the system says
 */
export function openPlain(path: string, flags: number): number {
  let file: number;
  try {
    file = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    throw NOT_PLAIN.some((code) => hasCode(error, code)) ? new NotPlain(path) : error;
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new NotPlain(path);
}

/** A link; a FIFO or a device that nobody reads, or a socket; a folder. */
const NOT_PLAIN: readonly string[] = ['ELOOP', 'ENXIO', 'EISDIR'];
