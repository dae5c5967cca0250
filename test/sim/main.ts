import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MISTAKES } from './mistakes.ts';
import type { Failed, Order, Report } from './worker.ts';

/**
 * `npm run sim -- --histories 1000000 [--seed S] [--workers 2]` plays histories of the whole daemon on a simulated machine;
 * `npm run sim -- --seed S --replay [--moves 0,3,5]` plays one again and tells what happens in it.
 */

const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));
const HOOKS = new URL('register.js', import.meta.url).href;

const { values: options } = parseArgs({
  options: {
    histories: { type: 'string', default: '10000' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '2' },
    replay: { type: 'boolean', default: false },
    moves: { type: 'string' },
    mistake: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** Histories of a worker are every so many seeds, and none is played twice. */
const seed = Number(options.seed ?? Math.floor(Math.random() * 1_000_000_000));
const began = performance.now();
const sums = {
  played: 0,
  simulatedMs: 0,
  states: new Set<number>(),
  faults: new Map<string, number>(),
  complaints: new Map<string, number>(),
};
let failed: Failed | null = null;

function begin(order: Order, onReport: (report: Report, worker: ChildProcess) => void): ChildProcess {
  const env = { ...process.env, ...(options.mistake === undefined ? {} : { SIM_MISTAKE: options.mistake }) };
  const worker = fork(WORKER, { execArgv: ['--import', HOOKS], env, serialization: 'advanced' });
  worker.on('message', (report: Report) => onReport(report, worker));
  worker.send(order);
  return worker;
}

const ended = (worker: ChildProcess): Promise<number> =>
  new Promise((done) => worker.once('exit', (code) => done(code ?? 1)));

function take(report: Report): void {
  sums.played += report.played;
  sums.simulatedMs += report.simulatedMs;
  for (const state of report.states) sums.states.add(state);
  for (const kind of ['faults', 'complaints'] as const)
    for (const [name, count] of report[kind]) sums[kind].set(name, (sums[kind].get(name) ?? 0) + count);
  if (report.failed !== null && report.failed.failure !== '') failed ??= report.failed;
}

function summary(): string {
  const seconds = (performance.now() - began) / 1_000;
  const perSecond = Math.round(sums.played / seconds);
  const hours = (sums.simulatedMs / 3_600_000).toFixed(1);
  return `${sums.played} histories, ${perSecond} a second, ${sums.states.size} states, ${hours} simulated hours`;
}

const table = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([name, count]) => `  ${String(count).padStart(9)}  ${name}`)
    .join('\n');

async function playAll(): Promise<number> {
  const count = Number(options.workers);
  const histories = Math.ceil(Number(options.histories) / count);
  const workers = Array.from({ length: count }, (_, index) =>
    begin({ do: 'play', seed: seed + index, step: count, histories }, (report, worker) => {
      take(report);
      if (report.isDone) worker.disconnect();
      if (failed !== null) for (const one of workers) one.kill();
    }),
  );
  if (!options.json) console.log(`seed ${seed}`);
  const progress = setInterval(() => options.json || console.log(summary()), 1_000);
  const codes = await Promise.all(workers.map(ended));
  clearInterval(progress);
  const isBroken = failed !== null || codes.some((code) => code !== 0);
  if (options.json) {
    const { faults, complaints } = sums;
    const counts = { faults: Object.fromEntries(faults), complaints: Object.fromEntries(complaints) };
    console.log(JSON.stringify({ seed, played: sums.played, states: sums.states.size, ...counts, failed, codes }));
    return isBroken ? 1 : 0;
  }
  console.log(`faults and deeds:\n${table(sums.faults)}\ncomplaints of the daemon:\n${table(sums.complaints)}`);
  console.log(summary());
  if (failed !== null) tellFailed(failed);
  return isBroken ? 1 : 0;
}

function tellFailed({ seed: of, failure, moves, story }: Failed): void {
  const mistake = options.mistake === undefined ? '' : ` --mistake '${options.mistake}'`;
  console.log(`\nseed ${of} fails: ${failure}\n${story.join('\n')}`);
  console.log(`\nplay it again: npm run sim -- --seed ${of} --moves ${moves.join() || 'none'} --replay${mistake}`);
}

async function replay(): Promise<number> {
  const moves = options.moves === undefined ? null : options.moves.split(',').map(Number);
  const worker = begin({ do: 'replay', seed, moves }, (report, self) => {
    take(report);
    console.log(report.failed?.story.join('\n'));
    self.disconnect();
  });
  await ended(worker);
  console.log(failed === null ? `seed ${seed} holds` : `seed ${seed} fails: ${failed.failure}`);
  return failed === null ? 0 : 1;
}

if (options.mistake !== undefined && !MISTAKES.some(({ name }) => name === options.mistake))
  throw new Error(`there is no mistake ${options.mistake}: ${MISTAKES.map(({ name }) => name).join(', ')}`);
process.exitCode = options.replay ? await replay() : await playAll();
