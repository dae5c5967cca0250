import { Disk } from './disk.ts';
import { Processes } from './processes.ts';
import { Random } from './random.ts';

/** What calls of a daemon that is dead end with; nothing that it does reaches anybody any more. */
export const DIED = new Error('this daemon is dead');

type Entry = {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  /** The daemon that waits for it, null: nobody's, or an agent's. */
  readonly daemon: number | null;
  isOff: boolean;
};

export type Timer = { cancel(): void };

/** Where the next daemon dies: so many calls of the system from now, before it, in the midst of it or after it. */
export type Death = { calls: number; readonly when: 'before' | 'amid' | 'after' };

/** `setImmediate` of Node itself, from before it was replaced. */
const nextTurn = setImmediate;

/** One machine: a clock, a disk, processes, and whatever was agreed to happen later. */
export class Machine {
  readonly random: Random;
  readonly disk: Disk;
  readonly processes: Processes;
  /** CLOCK_MONOTONIC in milliseconds. */
  now = 1_000_000;
  /** How long it has slept: the time since its start counts on then, the monotonic clock does not. */
  asleepMs = 0;
  wallOffset = Date.UTC(2026, 0, 1) - 1_000_000;
  boot = 1;
  bootedAt = 0;
  /** Number of the daemon that lives; a dead one's calls fail until everything that it waited for is forgotten. */
  daemon = 0;
  isDaemonAlive = false;
  death: Death | null = null;
  /** The same, from the moment on in which it lets somebody stand still. */
  deathAtStandstill: Death | null = null;
  /** How often a daemon died in the midst of a call. */
  cuts = 0;
  /** How likely a notification of a file is lost. */
  lossy = 0;
  /** Something outside has made the daemon go on, or has ended it. */
  mustSettle = false;
  onDeath: () => void = () => undefined;
  /** Until then the daemon gets no processor. */
  stalledUntil = 0;
  /** Events that were carried out. */
  steps = 0;
  readonly trace: string[] | null;
  /** The first thing that went wrong. */
  broken: string | null = null;
  readonly #heap: Entry[] = [];
  #order = 0;

  constructor(seed: number, isTraced: boolean) {
    this.random = new Random(seed);
    this.disk = new Disk(this);
    this.processes = new Processes(this);
    this.trace = isTraced ? [] : null;
  }

  get wall(): number {
    return this.now + this.asleepMs + this.wallOffset;
  }

  get mono(): number {
    return this.now - this.bootedAt;
  }

  get bootId(): string {
    return `boot-${this.boot}`;
  }

  note(text: () => string): void {
    this.trace?.push(`${(this.now - 1_000_000).toFixed(1).padStart(10)}  ${text()}`);
  }

  fail(what: string): void {
    this.note(() => `FAILED ${what}`);
    this.broken ??= what;
  }

  /** For what is not the daemon's. */
  later(delayMs: number, act: () => void): Timer {
    return this.#agree(delayMs, act, null);
  }

  /** For what the daemon waits for: never done once it is dead. */
  forDaemon(delayMs: number, act: () => void): Timer {
    return this.#agree(delayMs, act, this.daemon);
  }

  /** Every call of the system by the daemon goes through here. */
  enter(): void {
    if (!this.isDaemonAlive) throw DIED;
  }

  /** One that changes something: there the daemon may die. @returns the share of it that is still done. */
  change(): number {
    this.enter();
    const { death } = this;
    if (death === null) return 1;
    death.calls -= 1;
    if (death.calls > 0) return 1;
    if (death.when === 'before') {
      this.killDaemon();
      throw DIED;
    }
    if (death.when !== 'amid') return 1;
    this.cuts += 1;
    return this.random.next();
  }

  /** Behind a call that was carried out. */
  changed(): void {
    if (this.death === null || this.death.calls > 0) return;
    this.killDaemon();
    throw DIED;
  }

  stoodStill(): void {
    this.death ??= this.deathAtStandstill;
    this.deathAtStandstill = null;
  }

  killDaemon(): void {
    if (!this.isDaemonAlive) return;
    this.note(() => 'the daemon dies');
    this.isDaemonAlive = false;
    this.death = null;
    this.disk.closeAll();
    this.onDeath();
  }

  /** Another boot, so much later. */
  reboot(tookMs: number): void {
    this.boot += 1;
    this.bootedAt = this.now;
    this.wallOffset += tookMs;
    this.stalledUntil = 0;
  }

  /** Carries out what is due up to `until`, as long as `goesOn`. */
  async run(until: number, goesOn: () => boolean = () => true): Promise<void> {
    while (this.broken === null && goesOn()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > until) {
        this.now = Math.max(this.now, until);
        return;
      }
      this.#pop();
      if (next.isOff || (next.daemon !== null && (next.daemon !== this.daemon || !this.isDaemonAlive))) continue;
      this.now = Math.max(this.now, next.at);
      if (next.daemon !== null && this.stalledUntil > this.now) {
        this.#push({ ...next, at: this.stalledUntil });
        continue;
      }
      this.steps += 1;
      this.#do(next.act);
      if (next.daemon !== null || this.mustSettle) await this.settle();
    }
  }

  /** Until all that could go on without waiting for anything has done so. */
  settle(): Promise<void> {
    this.mustSettle = false;
    return new Promise((done) => nextTurn(done));
  }

  /** Begins what comes from outside, as a part of the daemon's life. */
  async inDaemon(act: () => void): Promise<void> {
    this.#do(act);
    await this.settle();
  }

  /** All that was agreed is forgotten: the machine goes down. */
  forget(): void {
    this.#heap.length = 0;
  }

  #do(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error !== DIED)
        this.fail(`not caught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }

  #agree(delayMs: number, act: () => void, daemon: number | null): Timer {
    const entry: Entry = { at: this.now + Math.max(0, delayMs), order: (this.#order += 1), act, daemon, isOff: false };
    this.#push(entry);
    return {
      cancel: () => {
        entry.isOff = true;
      },
    };
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) child += 1;
      const smaller = heap[child];
      if (smaller === undefined || isBefore(last, smaller)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
  }
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** The machine that everything runs on right now; histories are played one after the other. */
let present: Machine | null = null;

export const use = (box: Machine | null): void => {
  present = box;
};

export function machine(): Machine {
  if (present === null) throw new Error('there is no machine');
  return present;
}
