import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Peer } from './peers/peer.ts';

/** What a measure is given. */
export type Bench = {
  readonly quick: boolean;
  /** agentvisor first, then those that are there. */
  readonly peers: readonly Peer[];
  /** A new folder with a short path: a socket's path may have a hundred bytes. */
  folder(): string;
  /** A line of progress. */
  say(what: string): void;
};

export type Opened = { readonly bench: Bench; close(): void };

export function openBench(quick: boolean, peers: readonly Peer[]): Opened {
  const root = mkdtempSync(join(tmpdir(), 'avb-'));
  const begun = performance.now();
  let folders = 0;
  const bench: Bench = {
    quick,
    peers,
    folder: () => {
      const path = join(root, String((folders += 1)));
      mkdirSync(path);
      return path;
    },
    say: (what) =>
      process.stderr.write(`${String(Math.round((performance.now() - begun) / 1_000)).padStart(5)} s  ${what}\n`),
  };
  return { bench, close: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }) };
}
