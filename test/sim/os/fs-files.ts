import { constants } from 'node:fs';
import { promisify } from 'node:util';
import type { Open } from './disk.ts';
import { Inode, PIPE_BYTES_MAX, systemError } from './inode.ts';
import { machine } from './machine.ts';
import { procDescriptor, procFile } from './proc.ts';

/** The part of `node:fs` that works on open files, over the disk of the present machine. */

type Flags = string | number;

export const isProc = (path: string): boolean => path.startsWith('/proc/') || path === '/proc';

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
  const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;
  if (typeof flags === 'number') return flags;
  if (flags === 'r') return O_RDONLY;
  if (flags === 'r+') return O_RDWR;
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
  const writes = (bits & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
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

function store(file: Open, bytes: Uint8Array): number {
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

export const fdatasync: typeof fsync = (descriptor, done) => fsync(descriptor, done);

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
