import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Held, Peer, Program } from './peers/peer.ts';

/** What a measure is given. */
export type Bench = {
  readonly quick: boolean;
  /** agentvisor first, then those that are there. */
  readonly peers: readonly Peer[];
  /** A new folder with a short path: a socket's path may have a hundred bytes. */
  folder(): string;
  /** Opens a peer in a folder; who is not ended when the bench closes is ended then. */
  hold(peer: Peer, folder: string, programs: readonly Program[]): Held;
  /** A line of progress. */
  say(what: string): void;
};

export type Opened = { readonly bench: Bench; close(): Promise<void> };

export function openBench(quick: boolean, peers: readonly Peer[]): Opened {
  const root = mkdtempSync(join(tmpdir(), 'avb-'));
  const begun = performance.now();
  const open = new Set<Held>();
  let folders = 0;
  const bench: Bench = {
    quick,
    peers,
    folder: () => {
      const path = join(root, String((folders += 1)));
      mkdirSync(path);
      return path;
    },
    hold: (peer, folder, programs) => {
      const held = peer.open(folder, programs);
      open.add(held);
      return {
        ...held,
        end: async () => {
          if (open.delete(held)) await held.end();
        },
      };
    },
    say: (what) =>
      process.stderr.write(`${String(Math.round((performance.now() - begun) / 1_000)).padStart(5)} s  ${what}\n`),
  };
  return {
    bench,
    close: async () => {
      for (const held of open) await held.end().catch((error: unknown) => bench.say(`not ended: ${String(error)}`));
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
