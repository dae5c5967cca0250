import { constants, type MakeDirectoryOptions, type StatsFs } from 'node:fs';
import { promisify } from 'node:util';
import { Inode, PIPE_BYTES_MAX, systemError, type Watcher } from './inode.ts';
import { machine } from './machine.ts';
import { procDescriptor, procFile, procNames } from './proc.ts';

/** `node:fs` over the disk of the present machine, as far as the daemon uses it. */

export { constants };

type Flags = string | number;
type Encoding = 'utf8' | 'latin1';

const isProc = (path: string): boolean => path.startsWith('/proc/') || path === '/proc';

const UID = process.getuid?.() ?? 0;

export class Stat {
  readonly ino: number;
  readonly dev = 1;
  readonly size: number;
  readonly mode: number;
  readonly uid = UID;
  readonly gid = 0;
  readonly mtimeMs: number;
  readonly #kind: string;

  constructor(inode: Inode) {
    this.ino = inode.ino;
    this.size = inode.size;
    this.mode = inode.mode;
    this.mtimeMs = inode.mtimeMs;
    this.#kind = inode.kind;
  }

  isFile = (): boolean => this.#kind === 'file';
  isDirectory = (): boolean => this.#kind === 'folder';
  isFIFO = (): boolean => this.#kind === 'fifo';
  isSymbolicLink = (): boolean => false;
}

const NULL = new Inode('file', 0, 0o666, 0);

function bitsOf(flags: Flags): number {
  const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY } = constants;
  if (typeof flags === 'number') return flags;
  if (flags === 'r') return O_RDONLY;
  if (flags === 'a') return O_WRONLY | O_APPEND | O_CREAT;
  return O_WRONLY | O_CREAT | O_TRUNC | (flags === 'wx' ? O_EXCL : 0);
}

export function openSync(path: string, flags: Flags = 'r', mode = 0o666): number {
  const box = machine();
  box.enter();
  const { disk } = box;
  if (path === '/dev/null') return disk.take(NULL, { appends: false, writes: true });
  if (isProc(path)) return openProc(path);
  const bits = bitsOf(flags);
  const writes = (bits & constants.O_WRONLY) !== 0;
  const found = disk.find(path);
  if (found === null) {
    if ((bits & constants.O_CREAT) === 0) throw systemError('ENOENT', 'open', path);
    const { folder, name } = disk.place(path, 'open');
    if (box.change() === 1) disk.setName(folder, name, disk.make('file', mode));
    box.changed();
    return disk.take(disk.need(path, 'open'), { appends: (bits & constants.O_APPEND) !== 0, writes });
  }
  if ((bits & constants.O_EXCL) !== 0) throw systemError('EEXIST', 'open', path);
  if (found.kind === 'fifo' && writes && found.readers === 0) throw systemError('ENXIO', 'open', path);
  if (found.kind === 'folder' && writes) throw systemError('EISDIR', 'open', path);
  if ((bits & constants.O_TRUNC) !== 0 && found.size > 0) truncate(found, 0);
  return disk.take(found, { appends: (bits & constants.O_APPEND) !== 0, writes });
}

function openProc(path: string): number {
  const box = machine();
  const held = procDescriptor(box, path);
  if (held !== null) return box.disk.take(held, { appends: false, writes: false });
  const bytes = procFile(box, path);
  if (bytes === null) throw systemError('ENOENT', 'open', path);
  const inode = new Inode('file', -1, 0o444, 0);
  inode.bytes = bytes;
  inode.size = bytes.length;
  return box.disk.take(inode, { appends: false, writes: false });
}

export function closeSync(descriptor: number): void {
  const box = machine();
  box.enter();
  box.disk.of(descriptor, 'close');
  box.disk.open.delete(descriptor);
}

export function readSync(
  descriptor: number,
  into: Uint8Array,
  offset = 0,
  length = into.length,
  at: number | null = null,
): number {
  const box = machine();
  box.enter();
  const file = box.disk.of(descriptor, 'read');
  const { inode } = file;
  if (inode.kind === 'folder') throw systemError('EISDIR', 'read', inode.name);
  const from = at ?? file.at;
  const end = Math.min(inode.size, from + length);
  const bytesRead = Math.max(0, end - from);
  if (bytesRead > 0) into.set(inode.bytes.subarray(from, end), offset);
  if (at === null) file.at += bytesRead;
  return bytesRead;
}

export function writeSync(descriptor: number, bytes: Uint8Array, offset = 0): number {
  const box = machine();
  const file = box.disk.of(descriptor, 'write');
  const part = box.change();
  const rest = bytes.subarray(offset);
  const some = part === 1 ? rest : rest.subarray(0, Math.floor(rest.length * part));
  const written = file.inode.kind === 'fifo' ? pipe(file.inode, some) : store(file, some);
  box.changed();
  return written;
}

function store(file: ReturnType<ReturnType<typeof machine>['disk']['of']>, bytes: Uint8Array): number {
  const { disk } = machine();
  if (file.inode === NULL) return bytes.length;
  const written = disk.write(file.inode, bytes, file.appends ? file.inode.size : file.at);
  if (written === 0 && bytes.length > 0) throw systemError('ENOSPC', 'write', file.inode.name);
  file.at += written;
  return written;
}

function pipe(inode: Inode, bytes: Uint8Array): number {
  if (inode.readers === 0) throw systemError('EPIPE', 'write', inode.name);
  const room = PIPE_BYTES_MAX - inode.piped;
  const isWhole = bytes.length <= 4_096;
  if (room === 0 || (isWhole && bytes.length > room)) throw systemError('EAGAIN', 'write', inode.name);
  const some = Buffer.from(bytes.subarray(0, room));
  inode.pipe.push(some);
  inode.piped += some.length;
  inode.onPiped?.();
  return some.length;
}

export function fstatSync(descriptor: number): Stat {
  const box = machine();
  box.enter();
  return new Stat(box.disk.of(descriptor, 'fstat').inode);
}

export function statSync(path: string, options?: { readonly throwIfNoEntry?: boolean }): Stat | undefined {
  const box = machine();
  box.enter();
  const found = isProc(path) ? procDescriptor(box, path) : box.disk.find(path);
  if (found !== null) return new Stat(found);
  if (options?.throwIfNoEntry === false) return undefined;
  throw systemError('ENOENT', 'stat', path);
}

export const lstatSync = statSync;

export function existsSync(path: string): boolean {
  // HAS_PROC is asked before there is a machine.
  if (path === '/proc/self/stat') return true;
  const box = machine();
  box.enter();
  return box.disk.find(path) !== null;
}

export function accessSync(path: string): void {
  const box = machine();
  box.enter();
  box.disk.need(path, 'access');
}

export const realpathSync = Object.assign((path: string): string => path, { native: (path: string): string => path });

export function mkdirSync(path: string, options?: MakeDirectoryOptions): void {
  const box = machine();
  box.enter();
  const found = box.disk.find(path);
  if (found !== null) {
    if (options?.recursive === true && found.kind === 'folder') return;
    throw systemError('EEXIST', 'mkdir', path);
  }
  if (box.change() === 1) box.disk.makeFolders(path);
  box.changed();
}

export function rmdirSync(path: string): void {
  const { disk } = machine();
  const folder = disk.need(path, 'rmdir');
  if (folder.entries.size > 0) throw systemError('ENOTEMPTY', 'rmdir', path);
  rename(path, null);
}

export function rmSync(path: string, options?: { readonly recursive?: boolean; readonly force?: boolean }): void {
  const box = machine();
  box.enter();
  const found = box.disk.find(path);
  if (found === null) {
    if (options?.force === true) return;
    throw systemError('ENOENT', 'rm', path);
  }
  // One name after the other, so that a daemon may die in the midst of it.
  for (const name of Array.from(found.entries.keys())) rmSync(`${path}/${name}`, options);
  rename(path, null);
}

function rename(from: string, to: string | null): void {
  const box = machine();
  const { disk } = box;
  const inode = disk.need(from, 'rename');
  const source = disk.place(from, 'rename');
  const target = to === null ? null : disk.place(to, 'rename');
  if (box.change() === 1) {
    if (target === null) disk.setName(source.folder, source.name, null);
    else disk.rename(source, target, inode);
  }
  box.changed();
}

export const renameSync = (from: string, to: string): void => {
  machine().enter();
  rename(from, to);
};

export function linkSync(from: string, to: string): void {
  const box = machine();
  box.enter();
  const inode = box.disk.need(from, 'link');
  const { folder, name } = box.disk.place(to, 'link');
  if (folder.entries.has(name)) throw systemError('EEXIST', 'link', to);
  if (box.change() === 1) {
    const [own, called] = [inode.folder, inode.name];
    box.disk.setName(folder, name, inode);
    [inode.folder, inode.name] = [own, called];
  }
  box.changed();
}

export function readdirSync(path: string): string[] {
  const box = machine();
  box.enter();
  if (isProc(path)) {
    const names = procNames(box, path);
    if (names === null) throw systemError('ENOENT', 'scandir', path);
    return names;
  }
  const folder = box.disk.need(path, 'scandir');
  if (folder.kind !== 'folder') throw systemError('ENOTDIR', 'scandir', path);
  return [...folder.entries.keys()];
}

export function readFileSync(path: string, encoding: Encoding | { readonly encoding: Encoding } = 'utf8'): string {
  const box = machine();
  box.enter();
  const bytes = isProc(path) ? procFile(box, path) : box.disk.need(path, 'open').content();
  if (bytes === null) throw systemError('ENOENT', 'open', path);
  return bytes.toString(typeof encoding === 'string' ? encoding : encoding.encoding);
}

export function writeFileSync(file: string | number, text: string | Uint8Array): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const descriptor = typeof file === 'number' ? file : openSync(file, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length; at += writeSync(descriptor, bytes, at));
  } finally {
    if (typeof file !== 'number') closeSync(descriptor);
  }
}

function truncate(inode: Inode, size: number): void {
  const box = machine();
  if (box.change() === 1) box.disk.truncate(inode, size);
  box.changed();
}

export const truncateSync = (path: string, size = 0): void => truncate(machine().disk.need(path, 'truncate'), size);

export const ftruncateSync = (descriptor: number, size = 0): void =>
  truncate(machine().disk.of(descriptor, 'ftruncate').inode, size);

export function fsyncSync(descriptor: number): void {
  const box = machine();
  const { inode } = box.disk.of(descriptor, 'fsync');
  if (box.change() === 1) box.disk.sync(inode);
  box.changed();
}

type Done = (error: Error | null) => void;

/** What was written before it was asked for is safe when it has been answered. */
export function fsync(descriptor: number, done: Done): void {
  const box = machine();
  box.change();
  const { inode } = box.disk.of(descriptor, 'fsync');
  const { size } = inode;
  box.changed();
  box.forDaemon(box.random.between(0.1, 4), () => {
    box.disk.sync(inode, size);
    done(null);
  });
}

export const fdatasync = fsync;

type OnRead = (error: Error | null, bytesRead: number, into: Uint8Array) => void;

export function read(
  descriptor: number,
  into: Uint8Array,
  offset: number,
  length: number,
  at: number,
  done: OnRead,
): void {
  const box = machine();
  box.enter();
  box.forDaemon(box.random.between(0.02, 0.5), () => done(null, readSync(descriptor, into, offset, length, at), into));
}

Object.defineProperty(read, promisify.custom, {
  value: (descriptor: number, into: Uint8Array, offset: number, length: number, at: number) =>
    new Promise((resolve, reject) => {
      read(descriptor, into, offset, length, at, (error, bytesRead) =>
        error === null ? resolve({ bytesRead, buffer: into }) : reject(error),
      );
    }),
});

export function watch(path: string, _options: unknown, tell: Watcher['tell']): { close(): void; on(): void } {
  const box = machine();
  box.enter();
  const inode = isProc(path) ? procDescriptor(box, path) : box.disk.find(path);
  if (inode === null) throw systemError('ENOENT', 'watch', path);
  const watcher: Watcher = { inode, pending: new Set(), tell };
  inode.watch(watcher);
  box.disk.watchers.add(watcher);
  return {
    close: () => {
      inode.watchers.delete(watcher);
      box.disk.watchers.delete(watcher);
    },
    on: () => undefined,
  };
}

const BLOCK_BYTES = 4_096;
const BLOCKS = 262_144;

export function statfsSync(_path: string): Pick<StatsFs, 'bsize' | 'blocks' | 'bavail'> {
  const box = machine();
  box.enter();
  const free = Math.min(BLOCKS, Math.floor(box.disk.room / BLOCK_BYTES));
  return { bsize: BLOCK_BYTES, blocks: BLOCKS, bavail: free };
}
