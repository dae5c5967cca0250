import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Only root may mount. */
export const MAY_MOUNT = process.getuid?.() === 0 && process.platform === 'linux';

export type SmallDisk = {
  readonly path: string;
  /** Nothing more can be written until `free`. */
  fill(): void;
  free(): void;
};

/** A real file system of its own; call it before `box`, so that it goes after it. */
export function smallDisk(bytes = 1024 * 1024): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'av-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'agentvisor-test', path]);
  onTestFinished(() => {
    execFileSync('umount', [path]);
    rmSync(path, { recursive: true });
  });
  const ballast = join(path, 'ballast');
  return { path, fill: () => fillUp(ballast), free: () => rmSync(ballast) };
}

/** The folder will lie on that disk; nothing is there yet. */
export function putOn(disk: SmallDisk, folder: string): void {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  symlinkSync(disk.path, folder);
}

function fillUp(ballast: string): void {
  const fd = openSync(ballast, 'a');
  const page = Buffer.alloc(4096, 1);
  try {
    for (;;) writeSync(fd, page);
  } catch {
    // ENOSPC: it is full.
  } finally {
    closeSync(fd);
  }
}
