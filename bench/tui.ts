/**
 * What the terminal UI costs: its first frame against the bare start of Node, a frame of a busy fleet, Ink's part of it, and
 * the processor's time while somebody looks. Run after a build: `npm run bench:tui`. The figures of one run, on a machine that
 * may do other things: the ratios say more than the times.
 */
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ReactElement } from 'react';
import { openEmulator, type Emulator } from '../test/tui/emulator.ts';
import { busyBoard, busyChange } from './busy-board.ts';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const MAIN = join(DIST, 'cli/main.js');
const STARTS = 12;
const FRAMES = 400;
const WARM_UP_FRAMES = 100;
const LOOK_MS = 20_000;
/** Of /proc/PID/stat; Linux has had no other for decades. */
const TICKS_PER_SECOND = 100;
const SIZE = { columns: 200, rows: 50 };

const folder = mkdtempSync(join(tmpdir(), 'agentvisor-bench-'));
const rows: string[] = [];

try {
  agentvisor('start', ecosystem('few', 3, 'exec sleep 3600'));
  await firstFrames(3);
  await frames(100);
  await frames(200);
  await paints();
  await processorTime('3 idle agents', 3);
  agentvisor('start', ecosystem('busy', 100, 'while :; do echo works; sleep 1; done'));
  await processorTime('100 agents that print each second, and 3', 103);
  console.log(['| what | min | median | max | runs |', '|---|--:|--:|--:|--:|', ...rows].join('\n'));
} finally {
  agentvisor('kill');
  rmSync(folder, { recursive: true, force: true });
}

/** From the spawn until all names stand on the reconstructed screen. */
async function firstFrames(agents: number): Promise<void> {
  const bare: number[] = [];
  const first: number[] = [];
  for (let run = 0; run < STARTS; run += 1) {
    const begun = performance.now();
    spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    bare.push(performance.now() - begun);
    const opened = performance.now();
    const monit = openMonit();
    await monit.until((text) => countNames(text) >= agents);
    first.push(performance.now() - opened);
    monit.type('q');
    await monit.ended;
  }
  report('`node -e 0`, ms', bare);
  report('first frame of `monit`, ms', first);
  const ratios = first.map((ms, index) => ms / (bare[index] ?? Number.NaN));
  report('first frame / `node -e 0`', ratios);
}

/** A change, the frame after it and its bytes; nothing of it touches the world. */
async function frames(agents: number): Promise<void> {
  const { update } = await built<typeof import('../src/tui/update.ts')>('tui/update.js');
  const { frame } = await built<typeof import('../src/tui/frame.ts')>('tui/frame.js');
  const { ansi } = await built<typeof import('../src/tui/ansi.ts')>('tui/ansi.js');
  const { initialModel } = await built<typeof import('../src/tui/initial.ts')>('tui/initial.js');
  const now = Date.now();
  const env = { LC_ALL: 'C.UTF-8' };
  let { model } = update(initialModel(env, SIZE, now, false), { type: 'board', fleet: busyBoard(agents, now) }, now);
  const samples: number[] = [];
  for (let turn = 0; turn < WARM_UP_FRAMES + FRAMES; turn += 1) {
    const change = busyChange(agents, turn, now);
    const begun = process.cpuUsage();
    ({ model } = update(model, { type: 'changed', change }, now + turn * 100));
    const lines = frame(model).map((line) => ansi(line, model.look));
    const took = cpuUs(begun);
    if (lines.length !== SIZE.rows) throw new Error(`a frame of ${lines.length} lines`);
    if (turn >= WARM_UP_FRAMES) samples.push(took);
  }
  report(`update + frame + bytes, ${agents} busy agents, µs of processor`, samples);
}

function linesAt(turn: number): string[] {
  return Array.from(
    { length: SIZE.rows },
    (_, index) =>
      `\u001b[1mline ${index}\u001b[0m \u001b[33m${'x'.repeat(150)}\u001b[0m ${index % 5 === 0 ? turn : ''}`,
  );
}

/** The lines that are rendered when ten of fifty are new, as the UI does it; and all of them, as Ink by itself would. */
async function paints(): Promise<void> {
  const { patchOf } = await built<typeof import('../src/tui/patch.ts')>('tui/patch.js');
  const changed = (turn: number): readonly string[] => patchOf(linesAt(turn - 1), linesAt(turn)).lines;
  report('Ink renders the 10 new lines of 200x50, µs of processor', await inkRenders(changed));
  report('Ink renders all lines of 200x50, µs of processor', await inkRenders(linesAt));
}

async function inkRenders(linesOf: (turn: number) => readonly string[]): Promise<readonly number[]> {
  process.env['NODE_ENV'] = 'production';
  const [{ createElement }, { Box, render, Text }] = await Promise.all([import('react'), import('ink')]);
  let painted: () => void = () => undefined;
  const stdout = Object.assign(new EventEmitter(), { ...SIZE, write: () => painted() });
  const screenOf = (turn: number): ReactElement =>
    createElement(
      Box,
      { key: turn, flexDirection: 'column' },
      linesOf(turn).map((line, key) => createElement(Text, { key, wrap: 'truncate' }, line)),
    );
  const ink = render(screenOf(1), {
    stdout: stdout as unknown as NodeJS.WriteStream,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  const samples: number[] = [];
  for (let turn = 2; turn <= WARM_UP_FRAMES + FRAMES; turn += 1) {
    const isPainted = new Promise<void>((resolve) => (painted = resolve));
    const begun = process.cpuUsage();
    ink.rerender(screenOf(turn));
    await isPainted;
    if (turn > WARM_UP_FRAMES) samples.push(cpuUs(begun));
  }
  ink.unmount();
  return samples;
}

/** Of the UI's process, while nobody presses a key; in per cent of one core, second by second. */
async function processorTime(what: string, agents: number): Promise<void> {
  const monit = openMonit();
  await monit.until((text) => countNames(text) >= Math.min(agents, 20));
  await sleep(3_000);
  const samples: number[] = [];
  const begun = performance.now();
  let [before, beforeAt] = [ticksOf(monit.pid), begun];
  const first = before;
  while (performance.now() - begun < LOOK_MS) {
    await sleep(1_000);
    const [ticks, at] = [ticksOf(monit.pid), performance.now()];
    samples.push(((ticks - before) / TICKS_PER_SECOND / (at - beforeAt)) * 100_000);
    [before, beforeAt] = [ticks, at];
  }
  const mean = ((before - first) / TICKS_PER_SECOND / (beforeAt - begun)) * 100_000;
  report(`\`monit\` over ${what}, % of a core (mean ${mean.toFixed(2)})`, samples);
  monit.type('q');
  await monit.ended;
}

/** The processor's time of this process since then: what others do on the machine is not in it. */
function cpuUs(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return user + system;
}

/** utime and stime, behind the name, which may hold anything. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function openMonit(): Emulator {
  const { PATH = '' } = process.env;
  return openEmulator({
    command: [process.execPath, MAIN, 'monit'],
    ...SIZE,
    cwd: folder,
    env: { PATH, HOME: folder, AGENTVISOR_HOME: join(folder, 'home'), TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' },
  });
}

function countNames(text: string): number {
  return text.match(/^[> ] (few|busy)-\d+ /gm)?.length ?? 0;
}

function ecosystem(name: string, count: number, script: string): string {
  const agents = Array.from({ length: count }, (_, index) => ({
    name: `${name}-${index}`,
    mode: 'command',
    command: ['sh', '-c', script],
    cwd: folder,
  }));
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ agents }));
  return file;
}

function agentvisor(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    env: { ...process.env, AGENTVISOR_HOME: join(folder, 'home') },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`agentvisor ${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
}

async function built<Module>(path: string): Promise<Module> {
  return (await import(join(DIST, path))) as Module;
}

function report(what: string, samples: readonly number[]): void {
  const sorted = samples.toSorted((one, other) => one - other);
  const [min = 0, median = 0, max = 0] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  const digits = median < 100 ? 2 : 0;
  const figures = [min, median, max].map((figure) => figure.toFixed(digits)).join(' | ');
  rows.push(`| ${what} | ${figures} | ${samples.length} |`);
}
