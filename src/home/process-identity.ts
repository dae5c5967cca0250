import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readStat } from './proc-stat.ts';
import { hasCode } from './system-error.ts';

/** Whether a recorded process is still the same process: its pid alone does not say so, pids are reused. */
export interface Identity {
  bootId(): string;
  startTimeOf(pid: number): string | null;
  isAlive(pid: number, start: string): boolean;
  /** Whether anybody has this pid, who may be somebody else: one system call, where `isAlive` costs several. */
  exists(pid: number): boolean;
}

/** True on Linux; macOS has none and is served by `ps`. */
export const HAS_PROC = existsSync('/proc/self/stat');

/** For `ps`, where there is no /proc. The C locale fixes the form of its dates. */
export const PS_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/** Pids and start times of one boot mean nothing in another. */
export function bootId(): string {
  if (HAS_PROC) return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  // macOS, untested. kern.boottime would move with every correction of the clock.
  return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'latin1' }).trim();
}

/** An opaque string that, with the pid and the boot, names one process. Also of a zombie; null when there is none. */
export function startTimeOf(pid: number): string | null {
  if (HAS_PROC) return readStat(pid)?.start ?? null;
  return psField(pid, 'lstart');
}

/** A zombie is not alive: it runs nothing and only waits for its parent. */
export function isAlive(pid: number, start: string): boolean {
  if (HAS_PROC) {
    const stat = readStat(pid);
    return stat !== null && stat.start === start && stat.state !== 'Z' && stat.state !== 'X';
  }
  return psField(pid, 'lstart') === start && psField(pid, 'state')?.startsWith('Z') === false;
}

/** True of a zombie, and of a process that we may not signal. */
export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

export const identity: Identity = { bootId, startTimeOf, isAlive, exists };

/** macOS, untested there; the same `ps` options work on Linux. */
function psField(pid: number, field: 'lstart' | 'state'): string | null {
  try {
    const text = execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], {
      encoding: 'latin1',
      env: PS_ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return text === '' ? null : text;
  } catch {
    // `ps` exits 1 when there is no such process.
    return null;
  }
}
