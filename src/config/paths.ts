import { resolve } from 'node:path';

/** What relative paths of an ecosystem file are measured from. */
export type Ground = { readonly folder: string; readonly home: string };

/** Absolute, without a slash at the end; `~` and `~/…` are the home, everything else is relative to the file's folder. */
export function absolutePath(path: string, { folder, home }: Ground): string {
  if (path === '~' || path.startsWith('~/')) return resolve(home, path.slice(2));
  return resolve(folder, path);
}

/** A program with a slash is a path; one without is looked up in PATH when it is started. */
export function programPath(program: string, ground: Ground): string {
  return program.includes('/') ? absolutePath(program, ground) : program;
}

export function argv(command: readonly string[], ground: Ground): readonly string[] {
  return command.map((argument, index) => (index === 0 ? programPath(argument, ground) : argument));
}
