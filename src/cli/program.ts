import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where the PATH finds a program, undefined when nowhere; one with a slash is where it says. */
export function findProgram(name: string, path: string): string | undefined {
  if (name.includes('/')) return isProgram(name) ? name : undefined;
  const folders = path.split(':').filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // It is not there, or not for us.
    return false;
  }
}
