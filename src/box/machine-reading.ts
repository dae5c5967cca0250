import { existsSync, readFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { runBriefly } from './run-briefly.ts';

/** What a look at the machine shows; null where nothing here tells. */
export type MachineSeen = {
  readonly hasSystemd: boolean;
  readonly isRoot: boolean;
  readonly user: string;
  /** The user's units outlive the last session. */
  readonly lingers: boolean | null;
  /** logind ends everything of a user with the last session. */
  readonly killsUserProcesses: boolean | null;
  readonly isClockSynchronised: boolean | null;
  /** Soft limits; Infinity: there is none. */
  readonly openFilesMax: number | null;
  readonly processesMax: number | null;
};

/** Of one question to logind or timedated, which may be stuck. */
const ANSWER_MS_MAX = 2_000;
/** systemd itself says that this folder tells whether it is the init of the machine (sd_booted). */
const SYSTEMD = '/run/systemd/system';
const LINGER = '/var/lib/systemd/linger';

/** Asks files, and logind and timedated where they are. `pid`: whose limits, null for those of this process. */
export async function readMachine(pid: number | null, path: string | undefined): Promise<MachineSeen> {
  const hasSystemd = existsSync(SYSTEMD);
  const user = userName();
  const ask = async (program: string, ...args: readonly string[]): Promise<boolean | null> =>
    hasSystemd ? wordOf(await runBriefly(program, args, brief(path))) : null;
  const [killsUserProcesses, isClockSynchronised] = await Promise.all([
    // Without a user it shows what logind itself is set to.
    ask('loginctl', 'show-user', '--property=KillUserProcesses'),
    ask('timedatectl', 'show', '--property=NTPSynchronized'),
  ]);
  const limits = readLimits(pid);
  return {
    hasSystemd,
    isRoot: process.getuid?.() === 0,
    user,
    lingers: hasSystemd ? existsSync(join(LINGER, user)) : null,
    killsUserProcesses,
    isClockSynchronised,
    openFilesMax: softLimit(limits, 'Max open files'),
    processesMax: softLimit(limits, 'Max processes'),
  };
}

/** A container may give a user a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

const brief = (path: string | undefined): Parameters<typeof runBriefly>[2] => ({
  env: { PATH: path ?? '/usr/bin:/bin', LC_ALL: 'C' },
  cwd: tmpdir(),
  msMax: ANSWER_MS_MAX,
});

/** `NTPSynchronized=yes` */
function wordOf(output: string | null): boolean | null {
  const [, word] = /=(yes|no)\s*$/.exec(output ?? '') ?? [];
  return word === undefined ? null : word === 'yes';
}

/** '' where there is no /proc. */
function readLimits(pid: number | null): string {
  try {
    return readFileSync(`/proc/${pid ?? 'self'}/limits`, 'utf8');
  } catch {
    // macOS, or the daemon has just ended.
    return '';
  }
}

/** `Max open files            1024                 524288               files` */
export function softLimit(limits: string, name: string): number | null {
  const line = limits.split('\n').find((each) => each.startsWith(name));
  const [word] = line?.slice(name.length).trim().split(/\s+/) ?? [];
  if (word === undefined || word === '') return null;
  return word === 'unlimited' ? Infinity : Number(word);
}
