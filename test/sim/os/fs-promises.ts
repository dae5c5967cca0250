import { chmod, chown, copyFile } from 'node:fs/promises';
import * as fs from './fs.ts';
import { machine } from './machine.ts';

/** `node:fs/promises` over the disk of the present machine, as far as the daemon uses it. */

/** No history rotates a secret. */
export { chmod, chown, copyFile };

/** Settles a moment later with what the call gives then, or never when the daemon is dead by then. */
function soon<T>(act: () => T): Promise<T> {
  const box = machine();
  box.enter();
  return new Promise((done, refuse) => {
    box.forDaemon(box.random.between(0.02, 0.5), () => {
      try {
        done(act());
      } catch (error) {
        refuse(error);
      }
    });
  });
}

type Entry = { readonly name: string; isDirectory(): boolean };
type FileHandle = {
  read(into: Uint8Array, offset: number, length: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
};

export const stat = (path: string): Promise<fs.Stat | undefined> => soon(() => fs.statSync(path));
export const lstat: typeof stat = (path) => stat(path);
export const rename = (from: string, to: string): Promise<void> => soon(() => fs.renameSync(from, to));
export const link = (from: string, to: string): Promise<void> => soon(() => fs.linkSync(from, to));

export const rm = (path: string, options?: Parameters<typeof fs.rmSync>[1]): Promise<void> =>
  soon(() => fs.rmSync(path, options));

export const readdir = (path: string): Promise<Entry[]> =>
  soon(() =>
    fs.readdirSync(path).map((name) => ({
      name,
      isDirectory: () => machine().disk.find(`${path}/${name}`)?.kind === 'folder',
    })),
  );

export const open = (path: string, flags = 'r'): Promise<FileHandle> =>
  soon(() => {
    const descriptor = fs.openSync(path, flags);
    return {
      read: (into, offset, length) => soon(() => ({ bytesRead: fs.readSync(descriptor, into, offset, length) })),
      close: () => soon(() => fs.closeSync(descriptor)),
    };
  });
