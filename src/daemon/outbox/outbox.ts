import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pickEnvironment } from '../../config/environment.ts';
import { outboxFolder, stateFolder } from '../../home/paths.ts';
import type { Identity } from '../../home/process-identity.ts';
import type { Place } from '../../home/records.ts';
import { jittered } from '../../kernel/delay.ts';
import type { Notice } from '../../kernel/notices.ts';
import type { NotifySpec } from '../../kernel/spec.ts';
import type { Sweeper } from '../process/sweep.ts';
import { noticeBody, withoutSecrets } from './body.ts';
import { Courier, type Fate } from './courier.ts';
import { Ledger } from './ledger.ts';
import { LIMITS, type OutboxLimits } from './limits.ts';
import { idOf, type Delivery } from './lines.ts';
import { removeNotes } from './notes.ts';
import { failed } from './task.ts';
import { keyOf, Troubles } from './troubles.ts';

export type OutboxOptions = {
  readonly home: string;
  readonly boot: string;
  readonly identity: Identity;
  readonly sweeper: Pick<Sweeper, 'killBearers'>;
  readonly secrets: () => readonly string[];
  readonly complain: (what: string, error: unknown) => void;
  readonly limits?: Partial<OutboxLimits>;
  /** The compiled `deliver.ts`; only tests name it. */
  readonly program?: string;
};

/** Where a store puts the notices among an event's commands. */
export type NoticeTray = {
  /** The place of the last notice that an earlier daemon has put in. */
  readonly last: Place | null;
  put(place: Place, notice: Notice, channels: readonly NotifySpec[]): void;
};

/**
 * Gives each notice to each of its channels, in tries that no death of the daemon ends or repeats. Nothing here throws
 * at whoever puts a notice in or waits for it.
 */
export class Outbox implements NoticeTray {
  readonly #options: OutboxOptions;
  readonly #limits: OutboxLimits;
  readonly #ledger: Ledger;
  readonly #courier: Courier;
  readonly #troubles: Troubles;
  /** When the next try of a delivery may begin, on the clock of `performance`. */
  readonly #due = new Map<string, number>();
  /** Tries under way: the channel by the delivery's id. */
  readonly #running = new Map<string, { readonly channel: string; readonly ended: Promise<void> }>();
  readonly #gone = new AbortController();
  #phase: 'loading' | 'open' | 'closing' | 'closed' = 'loading';
  #timer: NodeJS.Timeout | undefined;

  /** @throws what the disk says when the file cannot be read or opened. */
  constructor(options: OutboxOptions) {
    const { home, identity, sweeper, secrets, complain, program } = options;
    mkdirSync(stateFolder(home), { recursive: true, mode: 0o700 });
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    const { plain, secret } = pickEnvironment(process.env);
    const environment = { ...plain, ...secret };
    this.#courier = new Courier({ identity, sweeper, environment, limits: this.#limits }, program);
    this.#ledger = new Ledger(home, this.#limits.bytesMax);
    this.#troubles = new Troubles(secrets, complain);
  }

  get last(): Place | null {
    return this.#ledger.last;
  }

  put(place: Place, notice: Notice, channels: readonly NotifySpec[]): void {
    if (channels.length === 0 || this.#phase === 'closed') return;
    this.#ledger.add(place, withoutSecrets(notice, this.#options.secrets()), channels);
    this.#bound();
    this.#pump();
  }

  /** Begins to deliver. The secrets that living agents were given are known by now, or they could not be redacted. */
  start(): void {
    this.#phase = 'open';
    this.#removeOldNotes();
    for (const each of this.#ledger.waiting()) {
      if (each.trying !== null) this.#run(each, () => this.#find(each));
      // A daemon that dies again and again must not use up the tries in a minute.
      else if (each.failures > 0) this.#wait(each);
    }
    this.#pump();
  }

  /** What is not safe on the disk, and which channels do not take what they are given. */
  degraded(): readonly string[] {
    const { refusal } = this.#ledger;
    return [...(refusal === null ? [] : [`outbox: ${refusal}`]), ...this.#troubles.lines()];
  }

  /** Waits a moment for what is under way; what takes longer goes on alone, and the next daemon finds its outcome. */
  async close(): Promise<void> {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    this.#phase = 'closing';
    clearTimeout(this.#timer);
    const ended = Promise.all([...this.#running.values()].map((each) => each.ended));
    await Promise.race([ended, delay(this.#limits.closeMs, undefined, { ref: false })]);
    this.#phase = 'closed';
    this.#gone.abort();
    this.#ledger.close();
  }

  /** Starts what is due, as far as there is room; then waits for what becomes due next. */
  #pump(): void {
    if (this.#phase !== 'open') return;
    clearTimeout(this.#timer);
    const now = performance.now();
    let nextMs = this.#ledger.refusal === null ? Infinity : this.#limits.diskRetryMs;
    for (const each of this.#ledger.waiting()) {
      if (this.#running.has(idOf(each)) || !this.#hasRoom(each)) continue;
      const waitMs = (this.#due.get(idOf(each)) ?? now) - now;
      if (waitMs <= 0) this.#run(each, () => this.#try(each));
      else nextMs = Math.min(nextMs, waitMs);
    }
    if (nextMs === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#ledger.repair();
      this.#pump();
    }, nextMs);
  }

  /** One at a time for each channel, or one that hangs would take all the room; its end makes room and looks again. */
  #hasRoom({ spec }: Delivery): boolean {
    const channel = keyOf(spec);
    const running = [...this.#running.values()];
    return running.length < this.#limits.childrenMax && !running.some((each) => each.channel === channel);
  }

  #run(delivery: Delivery, act: () => Promise<void>): void {
    const id = idOf(delivery);
    const ended = act()
      .catch((error: unknown) => this.#options.complain('notify', error))
      .finally(() => {
        this.#running.delete(id);
        this.#pump();
      });
    this.#running.set(id, { channel: keyOf(delivery.spec), ended });
  }

  async #try(delivery: Delivery): Promise<void> {
    const begun = this.#ledger.begin(delivery, this.#options.boot);
    await this.#ledger.sync();
    await this.#settle(begun, await this.#send(begun));
  }

  async #send(begun: Delivery): Promise<Fate> {
    const { home, secrets } = this.#options;
    const cwd = existsSync(homedir()) ? homedir() : '/';
    const hasNotes = this.#ledger.refusal === null;
    try {
      if (hasNotes) mkdirSync(outboxFolder(home), { recursive: true, mode: 0o700 });
      const body = noticeBody(begun.notice, home, secrets());
      return await this.#courier.send(this.#mark(begun), { channel: begun.spec, body, cwd }, hasNotes);
    } catch (error) {
      // No process can be started, the folder cannot be made: a later try may find it otherwise.
      return failed(messageOf(error));
    }
  }

  async #find(delivery: Delivery): Promise<void> {
    const fate = await this.#courier.find(this.#mark(delivery), this.#options.boot, this.#gone.signal).catch(
      // Without its notes nobody can tell: it counts as begun, and is tried again.
      (error: unknown): Fate => failed(messageOf(error)),
    );
    if (fate !== null) await this.#settle(delivery, fate);
  }

  /**
   * The notes go when the end is on the disk: until then they are what tells it after a power cut. Those of a void try
   * stay, because its process may still come and look.
   */
  async #settle(delivery: Delivery, fate: Fate): Promise<void> {
    if (this.#phase === 'closed') return;
    this.#due.delete(idOf(delivery));
    if (fate === 'void') {
      this.#wait(this.#ledger.settle(delivery, 'void'));
      return;
    }
    if (fate.delivered) {
      this.#ledger.settle(delivery, 'delivered');
      this.#troubles.took(delivery.spec);
    } else this.#fail(delivery, fate.detail);
    await this.#ledger.sync();
    removeNotes(this.#mark(delivery));
  }

  #fail(delivery: Delivery, detail: string): void {
    if (delivery.failures + 1 >= this.#limits.triesMax) {
      this.#ledger.settle(delivery, 'given-up');
      this.#troubles.gaveUp(delivery.spec, delivery.notice.id, detail);
      return;
    }
    this.#wait(this.#ledger.settle(delivery, 'failed'));
    this.#troubles.failed(delivery.spec, detail);
  }

  #wait(delivery: Delivery | null): void {
    if (delivery === null) return;
    const { retryMsMin, retryMsMax } = this.#limits;
    const delayMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.max(0, delivery.failures - 1));
    const policy = { jitter: 0.2, delayMsMin: retryMsMin, delayMsMax: retryMsMax };
    this.#due.set(idOf(delivery), performance.now() + jittered(delayMs, Math.random(), policy));
  }

  /** What nobody takes must not grow without end: the oldest goes first. */
  #bound(): void {
    const waiting = this.#ledger.waiting();
    const tooMany = waiting.length - this.#limits.waitingMax;
    for (const each of waiting.filter((one) => !this.#running.has(idOf(one))).slice(0, Math.max(0, tooMany))) {
      this.#ledger.settle(each, 'given-up');
      this.#due.delete(idOf(each));
      this.#troubles.gaveUp(each.spec, each.notice.id, `more than ${this.#limits.waitingMax} wait`);
    }
  }

  #mark(delivery: Delivery): string {
    return join(outboxFolder(this.#options.home), `${idOf(delivery)}-${delivery.n}`);
  }

  /** Of tries that ended long ago: of void ones, and of those whose end was written down right before a crash. */
  #removeOldNotes(): void {
    const folder = outboxFolder(this.#options.home);
    const oldest = Date.now() - this.#limits.notesMs;
    const marks = this.#ledger.waiting().map((each) => `${idOf(each)}-${each.n}.`);
    try {
      for (const name of existsSync(folder) ? readdirSync(folder) : []) {
        const isOld = statSync(join(folder, name)).mtimeMs < oldest;
        if (isOld && !marks.some((mark) => name.startsWith(mark))) rmSync(join(folder, name), { force: true });
      }
    } catch (error) {
      this.#options.complain('outbox', error);
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
