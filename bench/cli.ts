/**
 * What a person or a script waits for: a warm `list --json` against the bare start of Node, interleaved, so that whatever
 * else the machine does falls on both. Run after a build: `npm run bench:cli`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RATIO_MAX = 1.6;
const RUNS = 60;
const WARM_UP_RUNS = 5;
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'agentvisor-bench-'));
const env = { ...process.env, AGENTVISOR_HOME: join(folder, 'home') };

try {
  const agents = ['one', 'two', 'three'].map((name) => ({
    name,
    mode: 'command',
    command: ['sleep', '3600'],
    cwd: folder,
  }));
  writeFileSync(join(folder, 'ecosystem.json'), JSON.stringify({ agents }));
  agentvisor('start', join(folder, 'ecosystem.json'));
  const rows: unknown = JSON.parse(agentvisor('list', '--json'));
  if (!Array.isArray(rows) || rows.length !== agents.length) throw new Error('list does not show the three agents');
  report(measure());
} finally {
  agentvisor('kill');
  rmSync(folder, { recursive: true, force: true });
}

type Samples = { readonly bare: readonly number[]; readonly list: readonly number[] };

function measure(): Samples {
  const bare: number[] = [];
  const list: number[] = [];
  for (let run = 0; run < WARM_UP_RUNS + RUNS; run += 1) {
    const pair = [time(['-e', '0']), time([MAIN, 'list', '--json'])] as const;
    if (run < WARM_UP_RUNS) continue;
    bare.push(pair[0]);
    list.push(pair[1]);
  }
  return { bare, list };
}

function report({ bare, list }: Samples): void {
  const ratio = median(list) / median(bare);
  console.log(line('node -e 0', bare));
  console.log(line('list --json', list));
  console.log(`ratio        ${ratio.toFixed(2)} (at most ${RATIO_MAX})`);
  if (ratio > RATIO_MAX) process.exitCode = 1;
}

function line(name: string, samples: readonly number[]): string {
  return `${name.padEnd(12)} median ${ms(median(samples))} ms, min ${ms(Math.min(...samples))}, max ${ms(Math.max(...samples))}, ${samples.length} runs`;
}

function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function time(args: readonly string[]): number {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return performance.now() - startedAt;
}

function agentvisor(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`agentvisor ${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
}

function ms(value: number): string {
  return value.toFixed(1);
}
