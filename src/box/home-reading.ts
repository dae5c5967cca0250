import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkHome, checkSocketFolder } from '../home/permission.ts';
import { socketPath } from '../home/paths.ts';
import type { Environment } from '../home/paths.ts';
import { AgentvisorError } from '../protocol/errors.ts';

/** What a look at the home of agentvisor shows. */
export type HomeSeen = {
  readonly path: string;
  readonly exists: boolean;
  /** Why it is refused, in the words with which every verb refuses it; null when it is not. */
  readonly refusal: { readonly message: string; readonly nextStep: string } | null;
  readonly isWritable: boolean;
  readonly socket: string;
  /** Of the disk that it is on, or would be; null where the system does not tell. */
  readonly disk: { readonly freeBytes: number; readonly freeFiles: number | null } | null;
};

export function readHome(path: string, env: Environment): HomeSeen {
  const exists = existsSync(path);
  const socket = socketPath(path, env);
  return { path, exists, refusal: refusalOf(path, socket), isWritable: isWritable(path), socket, disk: diskOf(path) };
}

function refusalOf(path: string, socket: string): HomeSeen['refusal'] {
  try {
    checkHome(path);
    checkSocketFolder(socket, path);
    return null;
  } catch (error) {
    if (error instanceof AgentvisorError) return { message: error.message, nextStep: error.nextStep };
    throw error;
  }
}

/** A home that is not there is made by the first `start`: where it would be must let that happen. */
function isWritable(path: string): boolean {
  try {
    accessSync(nearest(path), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    // The answer to the question, not a failure.
    return false;
  }
}

function diskOf(path: string): HomeSeen['disk'] {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(nearest(path));
    // Some file systems have no fixed number of files, and say 0.
    return { freeBytes: bavail * bsize, freeFiles: files === 0 ? null : ffree };
  } catch {
    // Not every file system tells.
    return null;
  }
}

function nearest(path: string): string {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : nearest(parent);
}
