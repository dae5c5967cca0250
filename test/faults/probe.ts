import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a daemon holds, its garbage collected. */
export type Held = {
  readonly looks: number;
  /** Those that keep it alive. */
  readonly timers: number;
  readonly files: number;
  readonly rssBytes: number;
  /** In use, buffers outside the heap included. */
  readonly heapBytes: number;
};

/** What Node is told so that a daemon can be asked what it holds. */
export const probed = (
  file: string,
): { readonly nodeArgs: readonly string[]; readonly env: Record<string, string> } => ({
  nodeArgs: ['--import', join(import.meta.dirname, 'probe.mjs')],
  env: { PROBE_FILE: file },
});

const POLL_MS = 10;

/** Asks a daemon that was started as `probed(file)` says. */
export async function heldBy(pid: number, file: string): Promise<Held> {
  const last = read(file)?.looks ?? 0;
  process.kill(pid, 'SIGWINCH');
  for (;;) {
    const held = read(file);
    if (held !== null && held.looks > last) return held;
    await sleep(POLL_MS);
  }
}

const read = (file: string): Held | null =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Held) : null;
