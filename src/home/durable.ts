import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A private file that is whole and on the disk when this returns, in the place of whatever stood there: what a crash has left,
 * or a link to elsewhere. Not a place for what others read meanwhile.
 */
export function writeWhole(path: string, text: string): void {
  rmSync(path, { force: true });
  const fd = openSync(path, 'wx', 0o600);
  try {
    // Not `writeSync`, which on a disk that becomes full writes a part and is content.
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whoever reads `path` finds what was there before or all of the new text, also after a power cut. */
export function replaceFile(path: string, text: string): void {
  const tmp = `${path}.tmp`;
  writeWhole(tmp, text);
  renameSync(tmp, path);
  syncFolder(dirname(path));
}

/** A private file that was not there before, whole for whoever sees it. Throws EEXIST when one is there, and leaves that. */
export function createFile(path: string, text: string): void {
  const tmp = `${path}.${process.pid}.tmp`;
  try {
    writeWhole(tmp, text);
    // Not a rename, which would take the place of a file that was made meanwhile.
    linkSync(tmp, path);
  } finally {
    rmSync(tmp, { force: true });
  }
  syncFolder(dirname(path));
}

/** A rename is only safe from a power cut once its folder is on the disk. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
