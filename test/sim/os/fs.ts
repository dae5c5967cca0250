import { constants, type MakeDirectoryOptions, type StatsFs } from 'node:fs';
import { closeSync, fstatSync, isProc, openSync, readSync, Stat, writeSync } from './fs-files.ts';
import { systemError, type Watcher } from './inode.ts';
import { machine } from './machine.ts';
import { procDescriptor, procFile, procNames } from './proc.ts';

/** `node:fs` over the disk of the present machine, as far as the daemon uses it. */

export * from './fs-files.ts';
export { constants };

type Encoding = 'utf8' | 'latin1';

export function statSync(path: string, options?: { readonly throwIfNoEntry?: boolean }): Stat | undefined {
  const box = machine();
  box.enter();
  const found = isProc(path) ? procDescriptor(box, path) : box.disk.find(path);
  if (found !== null) return new Stat(found);
  if (options?.throwIfNoEntry === false) return undefined;
  throw systemError('ENOENT', 'stat', path);
}

export const lstatSync: typeof statSync = (path, options) => statSync(path, options);

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

function contentOf(path: string): Buffer {
  const box = machine();
  box.enter();
  const bytes = isProc(path) ? procFile(box, path) : box.disk.need(path, 'open').content();
  if (bytes === null) throw systemError('ENOENT', 'open', path);
  return bytes;
}

function restOf(descriptor: number): Buffer {
  const bytes = Buffer.alloc(fstatSync(descriptor).size);
  readSync(descriptor, bytes, 0, bytes.length, 0);
  return bytes;
}

export function readFileSync(
  file: string | number,
  encoding: Encoding | { readonly encoding: Encoding } = 'utf8',
): string {
  const bytes = typeof file === 'number' ? restOf(file) : contentOf(file);
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
