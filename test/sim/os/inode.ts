import type { Random } from './random.ts';

export type Kind = 'file' | 'folder' | 'fifo';

export type Watcher = {
  readonly inode: Inode;
  /** Names of which a notification is on its way. */
  readonly pending: Set<string>;
  readonly tell: (event: 'rename' | 'change', name: string) => void;
};

const BYTES_FIRST = 512;
const NOBODY_WATCHES: ReadonlySet<Watcher> = new Set();
const NO_ENTRIES: ReadonlyMap<string, Inode> = new Map();

/** What a pipe of Linux holds. */
export const PIPE_BYTES_MAX = 65_536;

/** A file, a folder or a FIFO. */
export class Inode {
  readonly kind: Kind;
  readonly ino: number;
  readonly mode: number;
  mtimeMs: number;
  size = 0;
  /** Bytes that outlive a power cut. */
  synced = 0;
  bytes: Buffer = EMPTY;
  readonly entries: Map<string, Inode>;
  /** Where it was named last. */
  folder: Inode | null = null;
  name = '';
  watchers: Set<Watcher> = NOBODY_WATCHES as Set<Watcher>;
  /** Of a FIFO: who has it open for reading, and what waits in it. */
  readers = 0;
  pipe: Buffer[] = [];
  piped = 0;
  /** Called when something was written into a FIFO. */
  onPiped: (() => void) | null = null;

  constructor(kind: Kind, ino: number, mode: number, mtimeMs: number) {
    this.kind = kind;
    this.ino = ino;
    this.mode = mode;
    this.mtimeMs = mtimeMs;
    this.entries = kind === 'folder' ? new Map() : (NO_ENTRIES as Map<string, Inode>);
  }

  watch(watcher: Watcher): void {
    if (this.watchers === NOBODY_WATCHES) this.watchers = new Set();
    this.watchers.add(watcher);
  }

  put(bytes: Uint8Array, at: number): void {
    const end = at + bytes.length;
    if (end > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(BYTES_FIRST, end, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.size));
      this.bytes = larger;
    }
    if (at > this.size) this.bytes.fill(0, this.size, at);
    this.bytes.set(bytes, at);
    this.size = Math.max(this.size, end);
    this.synced = Math.min(this.synced, at);
  }

  /** @returns how to take it back */
  cut(size: number): () => void {
    const before = { bytes: this.bytes, size: this.size, synced: this.synced };
    const kept = Buffer.alloc(Math.max(BYTES_FIRST, size));
    kept.set(this.bytes.subarray(0, Math.min(size, this.size)));
    this.bytes = kept;
    this.size = size;
    this.synced = Math.min(this.synced, size);
    return () => void Object.assign(this, before);
  }

  content(): Buffer {
    return this.bytes.subarray(0, this.size);
  }

  /** A power cut: some of what was not synced is gone, and the end of the rest may be zeros. */
  lose(random: Random): void {
    this.size = this.synced + random.below(this.size - this.synced + 1);
    if (this.size > this.synced && random.chance(0.15)) {
      const from = this.size - random.below(Math.min(this.size - this.synced, 64));
      this.bytes = Buffer.from(this.bytes);
      this.bytes.fill(0, from, this.size);
    }
    this.synced = this.size;
  }
}

const EMPTY = Buffer.alloc(0);

const NUMBERS: Readonly<Record<string, number>> = { ENOENT: -2, EEXIST: -17, ENOSPC: -28, ENXIO: -6, EAGAIN: -11 };

export const systemError = (code: string, call: string, path: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: ${call} '${path}'`), { code, errno: NUMBERS[code] ?? -5, syscall: call, path });
