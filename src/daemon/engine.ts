import type { JournalEntry } from '../home/journal.ts';
import type { Command } from '../kernel/commands.ts';
import { nextDeadline } from '../kernel/deadlines.ts';
import type { Event, OperatorEvent } from '../kernel/events.ts';
import type { Fleet } from '../kernel/fleet.ts';
import { step } from '../kernel/step.ts';
import type { Clock } from './clock.ts';
import type { Pulse } from './pulse.ts';
import type { Store } from './store.ts';

/** What a step changed, for those who wait and those who watch. */
export type Change = {
  readonly before: Fleet;
  readonly after: Fleet;
  readonly commands: readonly Command[];
};

type Waiting = { readonly event: Event; readonly saves: boolean; readonly done: () => void };

/** The wall clock may be set: deadlines on it are looked at at least this often. */
const WALL_CHECK_MS = 30_000;
/** A store that refuses is asked again this often. */
const RETRY_MS = 5_000;

/**
 * The daemon's one loop: event -> step -> journal -> obey. Everything that happens comes through `submit`, one at a
 * time; what a step asks for is done only after its event is in the journal, and what cannot be undone (a spawn, a delivery,
 * a notice) only after the journal is on the disk. What an operator asks is there before he is told so.
 */
export class Engine {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #pulse: Pick<Pulse, 'feel'>;
  readonly #obey: (command: Command) => void;
  readonly #watchers = new Set<(change: Change) => void>();
  /** What everybody sees: the fleet whose commands are under way and whose watchers were told. */
  #fleet: Fleet;
  /** The fleet after the last event in the journal; ahead of `#fleet` while the journal is on its way to the disk. */
  #latest: Fleet;
  #seq: number;
  /** Of the last event whose records are written and whose commands are under way. */
  #obeyed: number;
  #queue: Waiting[] = [];
  #isDraining = false;
  #isClosed = false;
  #cancelTimer: () => void = () => undefined;

  /** @param pulse tells of time that was lost, which every decision must know before it is made */
  constructor(
    clock: Clock,
    store: Store,
    start: { fleet: Fleet; seq: number },
    obey: (command: Command) => void,
    pulse: Pick<Pulse, 'feel'> = { feel: () => null },
  ) {
    this.#pulse = pulse;
    this.#clock = clock;
    this.#store = store;
    this.#fleet = start.fleet;
    this.#latest = start.fleet;
    this.#seq = start.seq;
    this.#obeyed = start.seq;
    this.#obey = obey;
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  /** Settles when the event is in the journal (an operator's: on the disk) and its commands are under way. */
  submit(event: Event): Promise<void> {
    return this.#enqueue(event, false);
  }

  /** Settles when a snapshot of all that was submitted before was written, or was refused by the disk. */
  save(): Promise<void> {
    // It saves with the batch of this event, which changes nothing that is not due anyway.
    return this.#enqueue({ type: 'tick' }, true);
  }

  /** Looks after the files of the state. @returns what was found wrong with them, for people. */
  mend(): readonly string[] {
    // While an event is on its way to the disk, the fleet that it leads to is nobody's yet.
    if (this.#isDraining || this.#isClosed) return [];
    const wasSafe = this.#store.refusals().length === 0;
    const found = this.#store.mend(this.#fleet, this.#seq);
    // What could not be written is tried again.
    if (wasSafe && this.#store.refusals().length > 0) this.#arm();
    return found;
  }

  /** Notices in time that time was lost, also when nothing else happens. */
  feelPulse(): void {
    const lost = this.#pulse.feel();
    if (lost !== null) void this.submit({ type: 'time-lost', ...lost });
  }

  /** Calls back after every step until the returned function is called. */
  watch(watcher: (change: Change) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Settles when the fleet is as `holds` wants it, at once if it is already, or when whoever waits has gone. */
  until(holds: (fleet: Fleet) => boolean, gone?: AbortSignal): Promise<void> {
    return new Promise((done) => {
      if (holds(this.#fleet) || gone?.aborted === true) {
        done();
        return;
      }
      const settle = (): void => {
        stop();
        gone?.removeEventListener('abort', settle);
        done();
      };
      const stop = this.watch((change) => {
        if (holds(change.after)) settle();
      });
      gone?.addEventListener('abort', settle);
    });
  }

  /**
   * No further event is taken; the state is left as a snapshot. An event that is on its way to the disk is not in it: the
   * next daemon replays it, and adds its records and notices.
   */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer();
    this.#store.close(this.#fleet, this.#obeyed);
  }

  #enqueue(event: Event, saves: boolean): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((done) => {
      this.#queue.push({ event, saves, done });
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    while (this.#queue.length > 0) {
      const lost = this.#pulse.feel();
      if (lost !== null)
        this.#queue.unshift({ event: { type: 'time-lost', ...lost }, saves: false, done: () => undefined });
      const batch = this.#queue.splice(0);
      const { first, changes, mustSync } = this.#takeIn(batch);
      if (mustSync) await this.#store.sync();
      if (this.#isClosed) break;
      this.#fleet = this.#latest;
      this.#obeyed = this.#seq;
      // A signal does not wait for what people read of it: after a crash the next daemon adds the missing records.
      for (const { commands } of changes) commands.forEach(this.#obey);
      changes.forEach(({ commands }, index) => this.#store.record(first + index, commands));
      for (const { done } of batch) done();
      for (const change of changes) for (const watcher of this.#watchers) watcher(change);
      if (batch.some(({ saves }) => saves)) this.#store.save(this.#fleet, this.#seq);
      else this.#store.tidy(this.#fleet, this.#seq);
    }
    this.#isDraining = false;
    this.#arm();
  }

  #takeIn(batch: readonly Waiting[]): { first: number; changes: Change[]; mustSync: boolean } {
    const entries: JournalEntry[] = [];
    const changes: Change[] = [];
    let mustSync = false;
    const first = this.#seq + 1;
    for (const { event } of batch) {
      const moment = this.#clock.now();
      const before = this.#latest;
      const { fleet, commands } = step(before, event, moment);
      this.#latest = fleet;
      this.#seq += 1;
      entries.push({ seq: this.#seq, moment, event });
      changes.push({ before, after: fleet, commands });
      mustSync ||= Object.hasOwn(CONFIRMED, event.type) || commands.some(cannotBeUndone);
    }
    this.#store.append(entries);
    return { first, changes, mustSync };
  }

  #arm(): void {
    this.#cancelTimer();
    if (this.#isClosed) return;
    const now = this.#clock.now();
    const next = nextDeadline(this.#fleet);
    const delays = [
      next.mono === null ? Infinity : next.mono - now.mono,
      next.wall === null ? Infinity : Math.min(next.wall - now.wall, WALL_CHECK_MS),
      this.#store.refusals().length > 0 ? RETRY_MS : Infinity,
    ];
    const delayMs = Math.min(...delays);
    if (delayMs === Infinity) return;
    this.#cancelTimer = this.#clock.after(delayMs, () => this.#tick());
  }

  /** A tick is an event only when something is due; a mere look at the clock leaves no line in the journal. */
  #tick(): void {
    const now = this.#clock.now();
    const next = nextDeadline(this.#fleet);
    const isDue = (next.mono !== null && next.mono <= now.mono) || (next.wall !== null && next.wall <= now.wall);
    if (isDue) {
      void this.submit({ type: 'tick' });
      return;
    }
    this.#store.tidy(this.#fleet, this.#seq);
    this.#arm();
  }
}

/** What an operator asks: he is told that it is done, so a power cut must not undo it. */
const CONFIRMED: Readonly<Record<OperatorEvent['type'], true>> = {
  declared: true,
  'credential-declared': true,
  desired: true,
  'restart-asked': true,
  paused: true,
  'reset-asked': true,
  'notify-declared': true,
  deleted: true,
  message: true,
};

const BEYOND_RECALL: ReadonlySet<Command['type']> = new Set(['spawn', 'deliver', 'notice', 'rotate-files']);

/** What somebody begins to act on: who would not know of it after a power cut would have it done a second time. */
const cannotBeUndone = ({ type }: Command): boolean => BEYOND_RECALL.has(type);
