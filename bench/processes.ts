import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStat } from '../src/home/proc-stat.ts';

const KIB = 1024;
const END_MS_MAX = 10_000;

export const allPids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The pid, and that with which it began: pids are used again. */
export type Named = { readonly pid: number; readonly start: string };

/** The process and all who descend from it; none when it is gone. */
export function treeOf(root: number): readonly Named[] {
  const rows = allPids().flatMap((pid) => readStat(pid) ?? []);
  const found = rows.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...rows.filter(({ parent }) => parent === pid));
  return found.map(({ pid, start }) => ({ pid, start }));
}

/** Zombies are no longer alive. */
export function isAlive({ pid, start }: Named): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.start === start && stat.state !== 'Z' && stat.state !== 'X';
}

export function named(pid: number): Named | null {
  const stat = readStat(pid);
  return stat === null ? null : { pid, start: stat.start };
}

/** The words of its command line; none when it is gone. */
export function argvOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    // It has ended.
    return [];
  }
}

/** KILLs them in this order, who holds others first, and waits until they are gone. @throws naming who does not go */
export async function endAll(processes: readonly Named[]): Promise<void> {
  for (const process of processes) if (isAlive(process)) kill(process.pid);
  const limit = performance.now() + END_MS_MAX;
  while (processes.some(isAlive)) {
    if (performance.now() > limit)
      throw new Error(
        `processes ${processes
          .filter(isAlive)
          .map(({ pid }) => pid)
          .join(', ')} do not end`,
      );
    await sleep(10);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

export type Memory = { readonly rss: number; readonly pss: number };

/** Bytes: all that is mapped and there, and that with what is shared divided by those who share it. */
export function memoryOf(pids: readonly number[]): Memory {
  let [rss, pss] = [0, 0];
  for (const pid of pids) {
    const text = readRollup(pid);
    rss += kilobytes(text, 'Rss');
    pss += kilobytes(text, 'Pss');
  }
  return { rss, pss };
}

export const kilobytes = (rollup: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? 0) * KIB;

function readRollup(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
}

/** Processor time of these processes in ms, thread by thread: /proc/PID/stat counts in steps of 10 ms, this in ns. */
export function cpuMs(pids: readonly number[]): number {
  return pids.flatMap(threadTimes).reduce((sum, ns) => sum + ns, 0) / 1e6;
}

function threadTimes(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => nanoseconds(`/proc/${pid}/task/${thread}/schedstat`));
  } catch {
    // It has ended.
    return [];
  }
}

function nanoseconds(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8').split(' ')[0]);
  } catch {
    // The thread has ended.
    return 0;
  }
}
