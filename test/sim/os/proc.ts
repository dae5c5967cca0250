import type { Inode } from './inode.ts';
import type { Machine } from './machine.ts';
import type { Process } from './processes.ts';

/** What Linux shows of processes below /proc. */

/** The bytes of a file below /proc, null when there is none. */
export function procFile(machine: Machine, path: string): Buffer | null {
  if (path === '/proc/sys/kernel/random/boot_id') return Buffer.from(`${machine.bootId}\n`);
  if (path === '/proc/self/stat') return Buffer.from('1 (node) S');
  const process = processAt(machine, path);
  if (process === null) return null;
  if (path.endsWith('/stat')) return statOf(process);
  return path.endsWith('/environ') ? process.environ : null;
}

/** The names in a folder below /proc, null when there is none. */
export function procNames(machine: Machine, path: string): string[] | null {
  if (path === '/proc') return Array.from(machine.processes.table.keys(), String);
  const process = processAt(machine, path);
  return process !== null && path.endsWith('/task') ? [String(process.pid)] : null;
}

/** What a process has open, null when it has not. */
export function procDescriptor(machine: Machine, path: string): Inode | null {
  const [, pid = '', descriptor = ''] = /^\/proc\/(\d+)\/fd\/(\d+)$/.exec(path) ?? [];
  return machine.processes.table.get(Number(pid))?.files[Number(descriptor)] ?? null;
}

function processAt(machine: Machine, path: string): Process | null {
  const end = path.indexOf('/', 6);
  return machine.processes.table.get(Number(path.slice(6, end < 0 ? undefined : end))) ?? null;
}

/** See proc_pid_stat(5); what nobody asks for is 0. */
function statOf({ pid, parent, group, start, isStopped }: Process): Buffer {
  const ids = `${isStopped ? 'T' : 'S'} ${parent} ${group} ${group}`;
  return Buffer.from(`${pid} (sh) ${ids} 0 0 0 0 0 0 0 1 1 0 0 0 0 0 0 ${start} 0 100`);
}
