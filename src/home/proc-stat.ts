import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { hasCode } from './system-error.ts';

/** One row of Linux's process table; see proc_pid_stat(5). */
export type ProcStat = {
  readonly pid: number;
  /** R S D T Z X … as the kernel says it. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** User and system time so far, in ticks of 10 ms. */
  readonly cpuTicks: number;
  /** Ticks since boot: with the pid it names a process for good, since pids are reused. */
  readonly start: string;
  readonly rssPages: number;
};

/** Reads so many processes between two turns of the event loop: about 2 ms each. */
const PROCESSES_PER_SLICE = 100;

const ENVIRON_CHUNK_BYTES = 64 * 1024;
const STAT_BYTES_MAX = 4096;
let scratch = Buffer.allocUnsafeSlow(ENVIRON_CHUNK_BYTES);

/** null when the process is gone or the system shows none of it to us. @throws what the system says when it cannot tell. */
export function readStat(pid: number): ProcStat | null {
  const bytes = readProc(`/proc/${pid}/stat`, STAT_BYTES_MAX);
  return bytes === null ? null : parseStat(bytes.toString('latin1'));
}

/** Of every thread of a process, as the kernel says it; none when the process is gone. */
export function threadStates(pid: number): readonly string[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    // Gone.
    return [];
  }
  return threads.flatMap((thread) => {
    const bytes = readProc(`/proc/${pid}/task/${thread}/stat`, STAT_BYTES_MAX);
    const stat = bytes === null ? null : parseStat(bytes.toString('latin1'));
    return stat === null ? [] : [stat.state];
  });
}

/** The name in field 2 may hold blanks and brackets, so the rest begins after the last bracket. */
export function parseStat(text: string): ProcStat | null {
  const nameEnd = text.lastIndexOf(')');
  if (nameEnd < 0) return null;
  const rest = text.slice(nameEnd + 2).split(' ');
  const field = (position: number): string => rest[position - 3] ?? '';
  const start = field(22);
  if (start === '') return null;
  return {
    pid: Number.parseInt(text, 10),
    state: field(3),
    parent: Number(field(4)),
    group: Number(field(5)),
    session: Number(field(6)),
    cpuTicks: Number(field(14)) + Number(field(15)),
    start,
    rssPages: Number(field(24)),
  };
}

/**
 * The raw NUL-delimited environment, valid until the next call. null when it is not ours to read. It is empty for
 * a zombie, for a kernel thread, and for a moment in the middle of an exec.
 */
export const readEnviron = (pid: number): Buffer | null => readProc(`/proc/${pid}/environ`, Infinity);

/** The same, by the names of its variables. null, too, when it is empty. */
export function environmentOf(pid: number): Record<string, string> | null {
  const bytes = readEnviron(pid);
  if (bytes === null || bytes.length === 0) return null;
  const entries = bytes
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry.includes('='));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** Newest first: whoever forks and ends at once is gone by the time that a long list comes to its end. */
function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (Number.isInteger(pid)) pids.push(pid);
  }
  return pids.toReversed();
}

/**
 * Visits every process in slices, so that a table of thousands does not hold up the event loop. Reads are synchronous:
 * through the thread pool the same pass cost seven times the CPU (500 processes: 11 against 80 ms). A process whose memory is
 * locked by a hanging kernel thread could hold a read up; `ps` shares that weakness.
 */
export async function eachPid(visit: (pid: number) => void): Promise<void> {
  const pids = listPids();
  for (let from = 0; from < pids.length; from += PROCESSES_PER_SLICE) {
    if (from > 0) await setImmediate();
    for (const pid of pids.slice(from, from + PROCESSES_PER_SLICE)) visit(pid);
  }
}

const NOT_OURS: readonly string[] = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];

/** Files in /proc have no size, so they are read until nothing comes. */
function readProc(path: string, bytesMax: number): Buffer | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    // Gone, or another user's: both mean "not ours". Without a descriptor nothing is known, and nobody may be called gone.
    if (NOT_OURS.some((code) => hasCode(error, code))) return null;
    throw error;
  }
  try {
    let length = 0;
    for (;;) {
      if (length === scratch.length) scratch = Buffer.concat([scratch], scratch.length * 2);
      const read = readSync(file, scratch, length, scratch.length - length, null);
      length += read;
      if (read === 0 || length >= bytesMax) return scratch.subarray(0, length);
    }
  } catch {
    // ESRCH: it ended between open and read.
    return null;
  } finally {
    closeSync(file);
  }
}
