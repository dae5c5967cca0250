import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ReactElement } from 'react';
import { openEmulator, type Emulator } from '../test/tui/emulator.ts';
import { busyBoard, busyChange } from './busy-board.ts';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const MAIN = join(DIST, 'cli/main.js');
const FRAMES = 400;
const WARM_UP_FRAMES = 100;
const LOOK_MS = 20_000;
/** Of /proc/PID/stat; Linux has had no other for decades. */
const TICKS_PER_SECOND = 100;
const SIZE = { columns: 200, rows: 50 };

/** From the spawn until all names stand on the reconstructed screen. */
export async function firstFrames(
  folder: string,
  agents: number,
  starts: number,
): Promise<{ readonly bare: readonly number[]; readonly first: readonly number[] }> {
  const bare: number[] = [];
  const first: number[] = [];
  for (let run = 0; run < starts; run += 1) {
    const begun = performance.now();
    spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    bare.push(performance.now() - begun);
    const opened = performance.now();
    const monit = openMonit(folder);
    await monit.until((text) => countNames(text) >= agents);
    first.push(performance.now() - opened);
    monit.type('q');
    await monit.ended;
  }
  return { bare, first };
}

/** A change, the frame after it and its bytes; nothing of it touches the world. */
export async function frames(agents: number): Promise<readonly number[]> {
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
  return samples;
}

function linesAt(turn: number): string[] {
  return Array.from(
    { length: SIZE.rows },
    (_, index) =>
      `\u001b[1mline ${index}\u001b[0m \u001b[33m${'x'.repeat(150)}\u001b[0m ${index % 5 === 0 ? turn : ''}`,
  );
}

/** The lines that are rendered when ten of fifty are new, as the UI does it. */
export async function rendersOfChanged(): Promise<readonly number[]> {
  const { patchOf } = await built<typeof import('../src/tui/patch.ts')>('tui/patch.js');
  return inkRenders((turn) => patchOf(linesAt(turn - 1), linesAt(turn)).lines);
}

/** All of them, as Ink by itself would. */
export const rendersOfAll = (): Promise<readonly number[]> => inkRenders(linesAt);

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
export async function processorTime(
  folder: string,
  agents: number,
): Promise<{ readonly mean: number; readonly samples: readonly number[] }> {
  const monit = openMonit(folder);
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
  monit.type('q');
  await monit.ended;
  return { mean, samples };
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

function openMonit(folder: string): Emulator {
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

/** Declares so many agents of a script in a file; its path. */
export function ecosystem(folder: string, name: string, count: number, script: string): string {
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

/** Runs the command line over the home in this folder. @throws when it does not end with 0 */
export function agentvisor(folder: string, ...args: readonly string[]): string {
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
