import type { Machine } from './machine.ts';
import { systemError, type Inode } from './inode.ts';

export type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

type Birth = {
  readonly parent: number;
  /** Null: it leads a group of its own. */
  readonly group: number | null;
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<number, Inode>>;
  /** TERM, INT and HUP, and KILL once it has ended of it. */
  readonly onSignal: (signal: Signal) => void;
};

/** One process of the machine. */
export class Process {
  readonly pid: number;
  readonly start: string;
  readonly parent: number;
  readonly group: number;
  readonly environ: Buffer;
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<number, Inode>>;
  isAlive = true;
  isStopped = false;
  readonly #onSignal: (signal: Signal) => void;
  readonly #machine: Machine;
  /** What it would have done while it stood still. */
  #waiting: (() => void)[] = [];

  constructor(machine: Machine, pid: number, birth: Birth) {
    this.#machine = machine;
    this.pid = pid;
    this.start = String(Math.floor(machine.now * 100));
    this.parent = birth.parent;
    this.group = birth.group ?? pid;
    this.env = birth.env;
    this.environ = Buffer.from(
      Object.entries(birth.env)
        .map(([name, value]) => `${name}=${value}\0`)
        .join(''),
    );
    this.files = birth.files;
    this.#onSignal = birth.onSignal;
  }

  /** It does that after a while, unless it is dead by then; one that stands still does it when it goes on. */
  later(delayMs: number, act: () => void): void {
    this.#machine.later(delayMs, () => this.#do(act));
  }

  take(signal: Signal): void {
    if (signal === 'SIGKILL') this.#onSignal(signal);
    else if (signal === 'SIGSTOP') this.isStopped = true;
    else if (signal === 'SIGCONT') {
      this.isStopped = false;
      for (const act of this.#waiting.splice(0)) this.#do(act);
    } else this.#do(() => this.#onSignal(signal));
  }

  #do(act: () => void): void {
    if (!this.isAlive) return;
    if (this.isStopped) this.#waiting.push(act);
    else act();
  }
}

/** Far above those of the machine that plays the histories. */
const FIRST_PID = 5_000_000;

export class Processes {
  readonly table = new Map<number, Process>();
  /** So many times the system has no room for another process. */
  refusals = 0;
  readonly #machine: Machine;
  #last = FIRST_PID;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  begin(birth: Birth): Process {
    const process = new Process(this.#machine, (this.#last += 1), birth);
    this.table.set(process.pid, process);
    return process;
  }

  end(process: Process): void {
    process.isAlive = false;
    this.table.delete(process.pid);
  }

  /** As kill(2): a negative number means a group. @throws ESRCH */
  signal(pid: number, signal: Signal): void {
    const targets = [...this.table.values()].filter((one) => (pid < 0 ? one.group === -pid : one.pid === pid));
    if (targets.length === 0) throw systemError('ESRCH', 'kill', String(pid));
    for (const target of targets) if (target.isAlive) target.take(signal);
    if (signal === 'SIGSTOP') this.#machine.stoodStill();
  }
}
