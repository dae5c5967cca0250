import { statSync } from 'node:fs';
import { HAS_PROC } from '../../home/process-identity.ts';
import type { LogFile } from '../../kernel/fleet.ts';
import { NotStill } from './cut.ts';

/** The shim holds the agent's stdout as its own; stderr, which it closes for itself, as this one. */
const DESCRIPTORS: Readonly<Record<LogFile, number>> = { stdout: 1, stderr: 3 };

/**
 * Where the file is that a run really writes to: `path`, unless somebody has removed it or put another one there. Then it is
 * reached through the shim as long as that lives; not where there is no /proc.
 */
export function heldOutput(path: string, shimPid: number, file: LogFile): string {
  const link = `/proc/${shimPid}/fd/${DESCRIPTORS[file]}`;
  const held = HAS_PROC && shimPid > 0 ? identityOf(link) : null;
  return held === null || held === identityOf(path) ? path : link;
}

/** Another file at the path is not what the agent writes to: to empty it would take what is somebody else's. */
export function refuseReplaced(path: string, shimPid: number, file: LogFile): void {
  if (heldOutput(path, shimPid, file) !== path) throw new NotStill('another file or none stands in its place');
}

/** null when there is none, or it is not ours to see. */
function identityOf(path: string): string | null {
  try {
    const { ino, dev } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    // The process is gone, or the file.
    return null;
  }
}
