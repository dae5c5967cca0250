import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, realpathSync, rmdirSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const MB = 1024 * 1024;

/** Whether this machine lets us mount a small disk of our own: it takes root. */
export const CAN_MOUNT = canMount();

function canMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'av-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(dir);
  }
}

export type SmallDisk = {
  /** Fills it up to so many bytes. */
  fill(leaveBytes: number): void;
  /** Takes back what `fill` did. */
  free(): void;
  freeBytes(): number;
};

/** A disk of so many megabytes, on which boxes of this test stand. To be called before them. */
export function smallDisk(megabytes: number): SmallDisk {
  const before = process.env['TMPDIR'];
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'av-disk-')));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', dir]);
  process.env['TMPDIR'] = dir;
  const filler = join(dir, 'filler');
  const free = (): void => closeSync(openSync(filler, 'w'));
  onTestFinished(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    execFileSync('umount', [dir]);
    rmdirSync(dir);
  });
  const freeBytes = (): number => {
    const { bsize, bavail } = statfsSync(dir);
    return bsize * bavail;
  };
  return {
    free,
    freeBytes,
    fill: (leaveBytes) => {
      const file = openSync(filler, 'a');
      try {
        for (let left = freeBytes() - leaveBytes; left > 0;)
          left -= writeSync(file, Buffer.alloc(Math.min(left, MB), 'x'));
      } catch (error) {
        // Others write, too: it is full before.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        closeSync(file);
      }
    },
  };
}
