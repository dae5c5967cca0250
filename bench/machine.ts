import { cpus, release, totalmem } from 'node:os';
import type { Machine } from './figures.ts';
import type { Peer } from './peers/peer.ts';

const GIB = 1024 ** 3;

/** What the figures depend on; no name and no path of the machine. */
export const machine = (
  peers: readonly Peer[],
  leftOut: readonly string[],
  minutes: number,
  quick: boolean,
): Machine => ({
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / GIB),
  // Behind the numbers stands who has built it.
  kernel: release().split('-')[0] ?? '',
  node: process.versions.node,
  versions: peers.map(({ version }) => version),
  leftOut,
  day: new Date().toISOString().slice(0, 10),
  minutes,
  quick,
});
