import { eachPid, environmentOf, readEnviron, readStat, threadStates } from '../../home/proc-stat.ts';
import { RUN_COOKIE } from '../../kernel/cookies.ts';
import { trySignal, type OnSight, type Process, type ProcessTable, type Signal } from './process-table.ts';

/** Stopped by a signal, stopped by a debugger, or dead: none of them writes. */
const STOPPED: ReadonlySet<string> = new Set(['T', 't', 'Z', 'X']);
const MARK = Buffer.from(`${RUN_COOKIE}=`);

/**
 * The process table of Linux. The environment of a process is what it was given at its exec, whatever its parent or its
 * session has become since: a daemonised grandchild still carries the cookie. Who was started with an emptied
 * environment, or overwrites its own in memory, escapes.
 */
export class ProcTable implements ProcessTable {
  async bearers(cookie: string, onSight?: OnSight): Promise<Process[]> {
    const found: Process[] = [];
    await eachPid((pid) => {
      const process = this.bearer(pid, cookie);
      if (process === null) return;
      onSight?.(process);
      found.push(process);
    });
    return found;
  }

  bearer(pid: number, cookie: string): Process | null {
    return cookiesOf(pid).includes(cookie) ? livingProcess(pid) : null;
  }

  isStopped({ pid }: Process): boolean {
    return threadStates(pid).every((state) => STOPPED.has(state));
  }

  environOf(pid: number): Record<string, string> | null {
    return environmentOf(pid);
  }

  signal(process: Process, cookie: string, signal: Signal): boolean {
    return this.bearer(process.pid, cookie)?.start === process.start && trySignal(process.pid, signal);
  }

  signalGroup(leader: number, signal: Signal): boolean {
    return leader > 1 && trySignal(-leader, signal);
  }
}

function livingProcess(pid: number): Process | null {
  const stat = readStat(pid);
  if (stat === null || stat.state === 'Z' || stat.state === 'X') return null;
  return { pid, start: stat.start, parent: stat.parent, group: stat.group };
}

/** Values of whole entries only: the name must stand at an entry's start, and the value ends with the entry. */
function cookiesOf(pid: number): string[] {
  const bytes = readEnviron(pid);
  const found: string[] = [];
  if (bytes === null) return found;
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + MARK.length)) {
    if (at > 0 && bytes[at - 1] !== 0) continue;
    const end = bytes.indexOf(0, at);
    found.push(bytes.toString('utf8', at + MARK.length, end < 0 ? bytes.length : end));
  }
  return found;
}
