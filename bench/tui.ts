/**
 * What the terminal UI costs: its first frame against the bare start of Node, a frame of a busy fleet, Ink's part of it, and
 * the processor's time while somebody looks. Run after a build: `npm run bench:tui`. The figures of one run, on a machine that
 * may do other things: the ratios say more than the times.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentvisor, ecosystem, firstFrames, frames, processorTime, rendersOfAll, rendersOfChanged } from './screen.ts';

const STARTS = 12;

const folder = mkdtempSync(join(tmpdir(), 'agentvisor-bench-'));
const rows: string[] = [];

try {
  agentvisor(folder, 'start', ecosystem(folder, 'few', 3, 'exec sleep 3600'));
  const { bare, first } = await firstFrames(folder, 3, STARTS);
  report('`node -e 0`, ms', bare);
  report('first frame of `monit`, ms', first);
  report(
    'first frame / `node -e 0`',
    first.map((ms, index) => ms / (bare[index] ?? Number.NaN)),
  );
  for (const agents of [100, 200]) {
    report(`update + frame + bytes, ${agents} busy agents, µs of processor`, await frames(agents));
  }
  report('Ink renders the 10 new lines of 200x50, µs of processor', await rendersOfChanged());
  report('Ink renders all lines of 200x50, µs of processor', await rendersOfAll());
  await look('3 idle agents', 3);
  agentvisor(folder, 'start', ecosystem(folder, 'busy', 100, 'while :; do echo works; sleep 1; done'));
  await look('100 agents that print each second, and 3', 103);
  console.log(['| what | min | median | max | runs |', '|---|--:|--:|--:|--:|', ...rows].join('\n'));
} finally {
  agentvisor(folder, 'kill');
  rmSync(folder, { recursive: true, force: true });
}

async function look(what: string, agents: number): Promise<void> {
  const { mean, samples } = await processorTime(folder, agents);
  report(`\`monit\` over ${what}, % of a core (mean ${mean.toFixed(2)})`, samples);
}

function report(what: string, samples: readonly number[]): void {
  const sorted = samples.toSorted((one, other) => one - other);
  const [min = 0, median = 0, max = 0] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  const digits = median < 100 ? 2 : 0;
  const figures = [min, median, max].map((figure) => figure.toFixed(digits)).join(' | ');
  rows.push(`| ${what} | ${figures} | ${samples.length} |`);
}
