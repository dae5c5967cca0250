import type { Machine } from './machine.ts';
import { Inode, systemError, type Kind, type Watcher } from './inode.ts';

/** An open file of the daemon. */
export type Open = { readonly inode: Inode; at: number; readonly appends: boolean; readonly writes: boolean };

type Place = { readonly folder: Inode; readonly name: string };

const FIRST_DESCRIPTOR = 20;

/**
 * A disk in memory. What was written and not synced may be gone or cut after a power cut; of what was done to names, the
 * last of it: a sync of any file or folder makes all earlier names safe, as the journals of ext4 and xfs do.
 */
export class Disk {
  readonly root: Inode;
  readonly open = new Map<number, Open>();
  readonly watchers = new Set<Watcher>();
  /** Bytes that still fit. */
  room = Infinity;
  readonly #machine: Machine;
  /** How to take back what was done to names and lengths since the last sync, oldest first. */
  #undo: (() => void)[] = [];
  #inodes = 1;
  #descriptors = FIRST_DESCRIPTOR;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.root = new Inode('folder', 1, 0o755, 0);
  }

  make(kind: Kind, mode: number): Inode {
    return new Inode(kind, (this.#inodes += 1), mode, this.#machine.wall);
  }

  find(path: string): Inode | null {
    let at: Inode | undefined = this.root;
    let from = 1;
    while (from <= path.length) {
      let to = path.indexOf('/', from);
      if (to < 0) to = path.length;
      if (to > from) {
        if (at.kind !== 'folder') return null;
        at = at.entries.get(path.slice(from, to));
        if (at === undefined) return null;
      }
      from = to + 1;
    }
    return at;
  }

  need(path: string, call: string): Inode {
    const found = this.find(path);
    if (found === null) throw systemError('ENOENT', call, path);
    return found;
  }

  /** The folder in which the last name of a path stands or would stand. */
  place(path: string, call: string): Place {
    const cut = path.lastIndexOf('/');
    const folder = this.find(path.slice(0, cut));
    if (folder === null) throw systemError('ENOENT', call, path);
    if (folder.kind !== 'folder') throw systemError('ENOTDIR', call, path);
    return { folder, name: path.slice(cut + 1) };
  }

  /** Null takes the name away. */
  setName(folder: Inode, name: string, inode: Inode | null): void {
    const before = folder.entries.get(name);
    this.#undo.push(() => put(folder, name, before ?? null));
    put(folder, name, inode);
    folder.mtimeMs = this.#machine.wall;
    this.#notify(folder, 'rename', name);
    if (before !== undefined && before !== inode) this.#notify(before, 'rename', name);
  }

  /** At once: a power cut finds one of the two names. */
  rename(source: Place, target: Place, inode: Inode): void {
    this.setName(source.folder, source.name, null);
    this.setName(target.folder, target.name, inode);
    const [first, second] = this.#undo.splice(-2);
    this.#undo.push(() => {
      second?.();
      first?.();
    });
  }

  makeFolders(path: string): void {
    let at = this.root;
    for (const name of path.split('/')) {
      if (name === '') continue;
      let next = at.entries.get(name);
      if (next === undefined) {
        next = this.make('folder', 0o700);
        this.setName(at, name, next);
      }
      if (next.kind !== 'folder') throw systemError('ENOTDIR', 'mkdir', path);
      at = next;
    }
  }

  /** @returns how much of it the disk has taken */
  write(inode: Inode, bytes: Uint8Array, at: number): number {
    const grows = Math.max(0, at + bytes.length - inode.size);
    const fits = grows <= this.room ? bytes.length : Math.max(0, bytes.length - grows + this.room);
    if (fits === 0 && bytes.length > 0) return 0;
    const before = inode.size;
    inode.put(fits < bytes.length ? bytes.subarray(0, fits) : bytes, at);
    if (this.room !== Infinity) this.room -= inode.size - before;
    this.#written(inode);
    return fits;
  }

  truncate(inode: Inode, size: number): void {
    this.#undo.push(inode.cut(size));
    this.#written(inode);
  }

  #written(inode: Inode): void {
    inode.mtimeMs = this.#machine.wall;
    this.#notify(inode, 'change', inode.name);
    if (inode.folder !== null) this.#notify(inode.folder, 'change', inode.name);
  }

  /** Up to the size that it had when the sync was asked for. */
  sync(inode: Inode, size = inode.size): void {
    inode.synced = Math.max(inode.synced, Math.min(size, inode.size));
    this.#undo = [];
  }

  take(inode: Inode, more: { readonly appends: boolean; readonly writes: boolean }): number {
    const descriptor = (this.#descriptors += 1);
    this.open.set(descriptor, { inode, at: 0, ...more });
    return descriptor;
  }

  of(descriptor: number, call: string): Open {
    const file = this.open.get(descriptor);
    if (file === undefined) throw systemError('EBADF', call, String(descriptor));
    return file;
  }

  /** The daemon has died. */
  closeAll(): void {
    this.open.clear();
    for (const watcher of this.watchers) watcher.inode.watchers.delete(watcher);
    this.watchers.clear();
  }

  /** The power fails: what the disk was not made to keep may be gone. */
  powerCut(): void {
    const { random } = this.#machine;
    const kept = random.below(this.#undo.length + 1);
    for (const undo of this.#undo.splice(kept).toReversed()) undo();
    this.#undo = [];
    this.closeAll();
    const lose = (inode: Inode): void => {
      for (const child of inode.entries.values()) lose(child);
      inode.readers = 0;
      inode.pipe = [];
      if (inode.kind === 'file' && inode.synced < inode.size) inode.lose(random);
    };
    lose(this.root);
  }

  #notify(inode: Inode, event: 'rename' | 'change', name: string): void {
    if (inode.watchers.size === 0) return;
    const { random, lossy } = this.#machine;
    for (const watcher of inode.watchers) {
      if (watcher.pending.has(name) || (lossy > 0 && random.chance(lossy))) continue;
      watcher.pending.add(name);
      this.#machine.forDaemon(random.between(0.05, 1), () => {
        watcher.pending.delete(name);
        if (inode.watchers.has(watcher)) watcher.tell(event, name);
      });
    }
  }
}

function put(folder: Inode, name: string, inode: Inode | null): void {
  if (inode === null) {
    folder.entries.delete(name);
    return;
  }
  folder.entries.set(name, inode);
  inode.folder = folder;
  inode.name = name;
}
