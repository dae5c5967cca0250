import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { PS_ENVIRONMENT } from '../../home/process-identity.ts';
import { trySignal, type OnSight, type Process, type ProcessTable, type Signal } from './process-table.ts';

type Row = Process & { readonly state: string; readonly command: string };

/** `lstart` is five words in the C locale: Thu Nov 20 08:09:12 2025. */
const ROW = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/;
const COLUMNS = 'pid=,ppid=,pgid=,state=,lstart=,command=';
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * The process table where there is no /proc (macOS; untested there, its tests run it with the `ps` of Linux). The
 * system hides the environment of its own programs, /bin/sh among them, so a run is told by its shim, whose argument is
 * the run folder: the shim, all who descend from it, and its process group. A daemonised grandchild escapes.
 */
export class PsTable implements ProcessTable {
  async bearers(cookie: string, onSight?: OnSight): Promise<Process[]> {
    const family = familyOf(await rows(), cookie);
    for (const process of family) onSight?.(process);
    return family;
  }

  bearer(pid: number, cookie: string): Process | null {
    return familyOf(parseRows(psNow()), cookie).find((process) => process.pid === pid) ?? null;
  }

  isStopped({ pid, start }: Process): boolean {
    const now = parseRows(psNow()).find((row) => row.pid === pid && row.start === start);
    return now === undefined || now.state.startsWith('T');
  }

  environOf(): null {
    return null;
  }

  /** By pid and start time: whoever was once seen in the family stays ours after its parents have died. */
  signal(process: Process, _cookie: string, signal: Signal): boolean {
    const now = parseRows(psNow()).find((row) => row.pid === process.pid);
    return now?.start === process.start && trySignal(process.pid, signal);
  }

  signalGroup(leader: number, signal: Signal): boolean {
    return leader > 1 && trySignal(-leader, signal);
  }
}

async function rows(): Promise<Row[]> {
  const options = { env: PS_ENVIRONMENT, maxBuffer: OUTPUT_BYTES_MAX };
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', COLUMNS], options);
  return parseRows(stdout);
}

const psNow = (): string =>
  execFileSync('ps', ['-axww', '-o', COLUMNS], { env: PS_ENVIRONMENT, maxBuffer: OUTPUT_BYTES_MAX, encoding: 'utf8' });

export function parseRows(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, start, command] = ROW.exec(line) ?? [];
    if (pid === undefined || state === undefined || start === undefined || command === undefined) return [];
    if (state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), state, start, command }];
  });
}

/** A shim leads its own group and its command line names the run folder as a word of its own. */
function familyOf(all: readonly Row[], cookie: string): Process[] {
  const isShim = (row: Row): boolean =>
    row.pid === row.group && row.command.startsWith('/bin/sh -c ') && row.command.includes(` ${cookie} `);
  const family = new Map<number, Row>(all.filter(isShim).map((row) => [row.pid, row]));
  for (let before = -1; before !== family.size;) {
    before = family.size;
    for (const row of all) {
      if (family.has(row.parent) || family.has(row.group)) family.set(row.pid, row);
    }
  }
  return [...family.values()];
}
