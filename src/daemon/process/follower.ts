import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  read as readCallback,
  readSync,
  statSync,
  watch,
  type Stats,
  type FSWatcher,
} from 'node:fs';
import { promisify } from 'node:util';
import { invariant } from '../../kernel/invariant.ts';
import { LineSplitter, type Line, type Wanted } from '../../claude/lines.ts';

/**
 * What a follower cannot hide. Offsets stay logical and only grow, so no line ever has an offset that another one had.
 * truncated: somebody else cut the file; what came between was lost, and the file is read from its front with a new base ·
 * cut: bytes between the cursor and the base had been dropped before · replaced: another file stands at the path; the
 * agent still writes to the one that is followed, which nobody else can read · unwatched: no notifications, `poke` is what
 * remains · unreadable: tried again at the next `poke` · consumer: `onLines` rejected, and the follower has stopped.
 */
export type FollowTrouble =
  | { readonly what: 'truncated'; readonly at: number; readonly base: number }
  | { readonly what: 'cut'; readonly at: number; readonly bytes: number }
  | { readonly what: 'replaced' }
  | { readonly what: 'unwatched' | 'unreadable' | 'consumer'; readonly cause: unknown };

/** glance: for one that is quiet · whole: for what is seldom, too. */
export type Look = 'glance' | 'whole';

export type FollowOptions = {
  /** Logical offset of the first byte that is wanted: the end of the last line that was dealt with. */
  readonly from: number;
  /** Logical offset of the file's first byte. */
  readonly base: number;
  /** The next bytes are read when this has settled. */
  onLines(lines: readonly Line[]): Promise<void> | void;
  onError(trouble: FollowTrouble): void;
  /** Longer lines come marked as oversized. @default the splitter's own */
  readonly lineBytesMax?: number;
  /** Lines for which it says no are passed over undecoded. @default every line */
  readonly wanted?: Wanted;
  /** Milliseconds on a clock that is never set. @default performance.now */
  readonly now?: () => number;
};

export type Unfinished = {
  /** Logical offset behind the last whole line. */
  readonly offset: number;
  /** Bytes of a line that never got its line feed. */
  readonly tailBytes: number;
};

export interface Follower {
  /** A cheap look for what a notification may have missed; at more than a glance also for a file that was replaced. */
  poke(how?: Look): void;
  /** Resolves with the logical offset up to which the file had been written at the call, when all of it is delivered. */
  caughtUp(): Promise<number>;
  /** Where its cursor is, and what it has of a line that is not whole yet. */
  position(): Unfinished;
  /** We have emptied the file after everything in front of `base`, which its cursor must have reached, was moved away. */
  rebase(base: number): void;
  /** Milliseconds since the last byte was read, wanted or not; before the first one, since the follower began. */
  silentMs(): number;
  /** With `drain`, delivers first what is in the file now. */
  close(options?: { readonly drain?: boolean }): Promise<Unfinished>;
}

export type Follow = (path: string, options: FollowOptions) => Follower;

/** Large enough that a flood is read at the speed of the disk, small enough for many agents at once. */
const CHUNK_BYTES = 256 * 1024;

const SMALL_BYTES_MAX = 64 * 1024;

const CHUNK_KEPT_MS = 1_000;

const readFile = promisify(readCallback);

export const follow: Follow = (path, options) => new FileFollower(path, options);

type Waiter = { readonly target: number; readonly resolve: (offset: number) => void };

class FileFollower implements Follower {
  readonly #path: string;
  readonly #options: FollowOptions;
  #file: number | null = null;
  #watcher: FSWatcher | null = null;
  #splitter: LineSplitter;
  #base: number;
  /** Logical: everything before it was read from the file. */
  #cursor: number;
  /** When the last byte was read, on the clock of `now`. */
  #heardAt: number;
  #pumping: Promise<void> | null = null;
  #isPumping = false;
  #chunk: Buffer | null = null;
  #again = false;
  #stopped = false;
  /** Whoever made it hears nothing before it has returned. */
  #isNew = true;
  #isReplaced = false;
  #isUnreadable = false;
  #waiters: Waiter[] = [];

  constructor(path: string, options: FollowOptions) {
    this.#path = path;
    this.#options = options;
    this.#base = options.base;
    this.#cursor = Math.max(options.from, options.base);
    this.#splitter = this.#newSplitter();
    this.#heardAt = this.#now();
    if (options.from < options.base) {
      options.onError({ what: 'cut', at: options.from, bytes: options.base - options.from });
    }
    this.#wake();
    this.#isNew = false;
  }

  poke(how: Look = 'whole'): void {
    if (this.#stopped) return;
    if (this.#file === null) return this.#wake();
    const own = fstatSync(this.#file);
    if (how === 'whole') this.#compareName(own);
    if (own.size !== this.#cursor - this.#base) this.#wake();
    // An idle agent holds no buffer.
    else if (!this.#isPumping && this.silentMs() > CHUNK_KEPT_MS) this.#chunk = null;
  }

  #compareName(own: Stats): void {
    const named = statSync(this.#path, { throwIfNoEntry: false });
    if (this.#isReplaced || (named?.ino === own.ino && named.dev === own.dev)) return;
    this.#isReplaced = true;
    this.#options.onError({ what: 'replaced' });
  }

  caughtUp(): Promise<number> {
    if (this.#stopped) return Promise.resolve(this.#cursor);
    const target = this.#file === null ? Infinity : this.#base + fstatSync(this.#file).size;
    return new Promise((resolve) => {
      this.#waiters.push({ target, resolve });
      this.#wake();
    });
  }

  silentMs(): number {
    return this.#now() - this.#heardAt;
  }

  async close(options: { readonly drain?: boolean } = {}): Promise<Unfinished> {
    if (options.drain === true) await this.caughtUp();
    this.#stopped = true;
    this.#watcher?.close();
    this.#watcher = null;
    await this.#pumping;
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#settleWaiters(Infinity);
    return this.position();
  }

  position(): Unfinished {
    return { offset: this.#splitter.offset, tailBytes: this.#splitter.pendingBytes };
  }

  rebase(base: number): void {
    invariant(base === this.#cursor, 'a file is emptied only when all of it was read');
    this.#base = base;
  }

  /** One pump at a time; a wake-up during it makes it look once more. */
  #wake(): void {
    this.#again = true;
    if (this.#stopped || this.#isPumping) return;
    // Before the pump begins: what it delivers at once may wake us again.
    this.#isPumping = true;
    this.#pumping = this.#pump().finally(() => {
      this.#isPumping = false;
      this.#pumping = null;
      if (this.#again) this.#wake();
    });
  }

  async #pump(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#readToEnd();
      } catch (cause) {
        if (!this.#isUnreadable) this.#options.onError({ what: 'unreadable', cause });
        this.#isUnreadable = true;
      }
      if (!this.#again) this.#settleWaiters(Infinity);
    }
  }

  async #readToEnd(): Promise<void> {
    const file = (this.#file ??= this.#open());
    for (let isFirst = true; !this.#stopped; isFirst = false) {
      const { size } = fstatSync(file);
      if (size < this.#cursor - this.#base) this.#startOver();
      const bytes = Math.min(CHUNK_BYTES, size - (this.#cursor - this.#base));
      if (bytes === 0) return;
      // Kept while the agent prints: in a flood one for each read is more than the collector keeps up with. The splitter
      // copies what it keeps.
      if (this.#chunk === null || this.#chunk.length < bytes) this.#chunk = Buffer.allocUnsafeSlow(bytes);
      const chunk = this.#chunk;
      const place = this.#cursor - this.#base;
      // What was just written is in memory; the way through the pool of threads takes longer than to read it. Who goes on
      // printing meanwhile is read without holding up the others.
      const isSmall = isFirst && !this.#isNew && bytes <= SMALL_BYTES_MAX;
      const bytesRead = isSmall
        ? readSync(file, chunk, 0, bytes, place)
        : (await readFile(file, chunk, 0, bytes, place)).bytesRead;
      if (bytesRead === 0) return;
      this.#isUnreadable = false;
      this.#cursor += bytesRead;
      this.#heardAt = this.#now();
      await this.#deliver(this.#splitter.push(chunk.subarray(0, bytesRead)));
      this.#settleWaiters(this.#cursor);
    }
  }

  #open(): number {
    // Of a log that was removed it is the descriptor of the agent, which looks like a link. A FIFO is not waited for: it is empty.
    const file = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#wake());
      this.#watcher.on('error', (cause) => this.#unwatched(cause));
    } catch (cause) {
      this.#unwatched(cause);
    }
    return file;
  }

  #unwatched(cause: unknown): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.#options.onError({ what: 'unwatched', cause });
  }

  /** Almost always a file that was emptied, so that what is in it now is new; its offsets begin where the old ones ended. */
  #startOver(): void {
    this.#base = this.#cursor;
    this.#splitter = this.#newSplitter();
    this.#options.onError({ what: 'truncated', at: this.#cursor, base: this.#base });
  }

  #now(): number {
    return (this.#options.now ?? performance.now.bind(performance))();
  }

  #newSplitter(): LineSplitter {
    return new LineSplitter(this.#options.lineBytesMax, this.#cursor, this.#options.wanted);
  }

  async #deliver(lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return;
    try {
      await this.#options.onLines(lines);
    } catch (cause) {
      this.#stopped = true;
      this.#options.onError({ what: 'consumer', cause });
    }
  }

  #settleWaiters(reached: number): void {
    const [ready, waiting] = [
      this.#waiters.filter(({ target }) => target <= reached),
      this.#waiters.filter(({ target }) => target > reached),
    ];
    this.#waiters = waiting;
    for (const { target, resolve } of ready) resolve(Math.min(target, this.#cursor));
  }
}
