import * as nodeFs from 'node:fs';
import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LiveRun } from '../../src/daemon/live-run.ts';
import { LogKeeper } from '../../src/daemon/log-keeper.ts';
import { cutLive, mendCuts, type CutDisk } from '../../src/daemon/process/cut.ts';
import { FifoWriter } from '../../src/daemon/process/fifo.ts';
import { sweeper } from '../../src/daemon/process/sweep.ts';
import { piecesOf } from '../../src/home/log-pieces.ts';
import { threadStates } from '../../src/home/proc-stat.ts';
import type { Event } from '../../src/kernel/events.ts';
import { aRun, agentIn, fleetOf, ADA } from '../kernel/fleet-of.ts';
import { MAIN } from '../cli/run-cli.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { scene, until, type StartedRun } from '../daemon/process/scene.ts';
import { standInBox, type StandInBox } from '../daemon/stand-in-box.ts';
import { firstBreak, lastIn, numbersIn, runDirs, streamOf, WRITER } from './streams.ts';
import { expectsPassRule } from './pass-rule.ts';

const CUTS = 1_000;

/** Takes away all pieces but the last, so that a folder of a thousand of them is not what is measured. */
const takenPieces = (live: string): readonly Buffer[] =>
  piecesOf(live)
    .filter((piece) => !piece.live)
    .slice(0, -1)
    .map(({ path }) => {
      const bytes = readFileSync(path);
      rmSync(path);
      return bytes;
    });

const RUN = '000001';

/** What keeps the log of one run, and hears it. */
function keeperOf(home: string, run: StartedRun) {
  const events: Event[] = [];
  const submit = async (event: Event): Promise<void> => void events.push(event);
  const base = fleetOf({ ...ADA, name: 'a' });
  const shim = { pid: run.shimPid, start: run.shimStart, boot: 'boot-1' };
  const agent = {
    ...agentIn(base, 'a'),
    state: { at: 'running' as const, run: aRun({ id: RUN, shim, pid: run.pid }) },
  };
  const live = new LiveRun({
    agent: 'a',
    run: RUN,
    runDir: run.runDir,
    mode: 'stream',
    cursor: 0,
    stdout: run.files.stdout,
    base: 0,
    isAdopted: false,
    writer: new FifoWriter(),
    submit,
    isShimAlive: () => true,
    endOrphans: async () => undefined,
    secrets: () => [],
    used: async () => null,
    complain: (what, error) => expect.unreachable(`${what}: ${String(error)}`),
  });
  const keeper = new LogKeeper({
    home,
    fleet: () => ({ ...base, agents: { a: agent } }),
    submit,
    sweeper,
    live: () => live,
    complain: (what, error) => expect.unreachable(`${what}: ${String(error)}`),
  });
  return { keeper, live, events };
}

test(
  'a thousand cuts while the agent writes lose no line and double none, in the files and in what is heard',
  { timeout: 300_000 },
  async () => {
    const { start, dir } = scene();
    const run = await start([process.execPath, WRITER, '400', '1', '10', 'split']);
    const { keeper, live, events } = keeperOf(dir, run);
    const taken: Buffer[] = [];
    for (let cut = 0; cut < CUTS; cut += 1) {
      if (cut % 50 === 0) taken.push(...takenPieces(run.files.stdout));
      await keeper.cut({
        type: 'cut-log',
        agent: 'a',
        run: RUN,
        file: 'stdout',
        wholeBytesMax: Infinity,
        keepBytesMax: 1,
      });
    }
    process.kill(run.pid, 'SIGTERM');
    await run.ended;
    await live.end();
    const problems = events.flatMap((event) =>
      event.type === 'log-cut' && event.problem !== null ? [event.problem] : [],
    );
    const cuts = events.filter((event) => event.type === 'log-cut' && event.problem === null).length;
    // Who is found in the midst of a line is cut the next time.
    expect([...new Set(problems)].filter((problem) => problem !== 'it is in the midst of a line')).toEqual([]);
    expect(cuts).toBeGreaterThan(CUTS / 2);
    const text = Buffer.concat([...taken, streamOf(run.files.stdout).bytes]).toString();
    const last = lastIn(text) ?? 0;
    expect(last).toBeGreaterThan(CUTS);
    expect(firstBreak(numbersIn(text), last)).toBeNull();
    const heard = events.flatMap((event) =>
      event.type === 'heard' && event.fact.fact === 'turn-ended' ? [event.fact.totalCostUsd ?? 0] : [],
    );
    expect(firstBreak(heard, last)).toBeNull();
  },
);

test('what has outgrown all that may be kept since it was looked at keeps its end, and nothing older', async () => {
  const { start, dir } = scene();
  const go = join(dir, 'go');
  const wait = `while [ ! -e ${go} ]; do sleep 0.01; done`;
  const run = await start(['/bin/sh', '-c', `seq 1000; ${wait}; seq 1001 2000; exec sleep 1000`]);
  const ends = (last: string) => (): boolean => readFileSync(run.files.stdout, 'utf8').endsWith(`\n${last}\n`);
  await until(ends('1000'));
  const { keeper } = keeperOf(dir, run);
  const cut = {
    type: 'cut-log',
    agent: 'a',
    run: RUN,
    file: 'stdout',
    wholeBytesMax: 4_000,
    keepBytesMax: 20,
  } as const;
  await keeper.cut(cut);
  expect(numbersOf(run)).toHaveLength(1_000);
  writeFileSync(go, '');
  await until(ends('2000'));
  await keeper.cut(cut);
  expect(numbersOf(run)).toEqual(['1997', '1998', '1999', '2000']);
});

const numbersOf = ({ files }: StartedRun): readonly string[] =>
  streamOf(files.stdout).bytes.toString().trim().split('\n');

/** The machine dies in front of the n-th thing that is done to the disk. */
class Dies extends Error {}

function dyingDisk(calls: number): { readonly disk: CutDisk; readonly done: () => readonly string[] } {
  const done: string[] = [];
  const disk = new Proxy(nodeFs, {
    get: (fs, name: keyof typeof nodeFs) => {
      const act = fs[name] as (...args: readonly unknown[]) => unknown;
      // Whatever a process has open is closed with it.
      if (name === 'closeSync') return act;
      return (...args: readonly unknown[]): unknown => {
        if (done.length === calls) throw new Dies(name);
        done.push(name);
        return act(...args);
      };
    },
  });
  return { disk, done: () => done };
}

test.each([null, 40])(
  'a daemon that dies at any point of a cut (kept: %s) loses no line and doubles none',
  async (keep) => {
    const { dir } = scene();
    const lines = Array.from({ length: 20 }, (_, n) => `line ${n}\n`);
    const before = lines.join('');
    const seen = new Set<string>();
    for (let calls = 0; ; calls += 1) {
      const path = join(dir, String(calls), 'stdout.ndjson');
      nodeFs.mkdirSync(dirname(path));
      writeFileSync(path, before);
      let emptied = false;
      const { disk, done } = dyingDisk(calls);
      const nothing = async (): Promise<void> => undefined;
      const cut = {
        path,
        keepBytesMax: keep,
        still: nothing,
        intend: nothing,
        emptied: () => void (emptied = true),
        disk,
      };
      const isWhole = await cutLive(cut).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof Dies)) throw error;
          return false;
        },
      );
      const kept = (): string => streamOf(path).bytes.toString();
      const expected = keep === null || !emptied ? before : before.slice(-40);
      expect([calls, kept()]).toEqual([calls, expected]);
      mendCuts(path);
      expect([calls, kept()]).toEqual([calls, expected]);
      appendFileSync(path, 'after\n');
      mendCuts(path);
      expect([calls, kept()]).toEqual([calls, `${expected}after\n`]);
      seen.add(done().at(-1) ?? 'nothing');
      if (isWhole) break;
    }
    expect([...seen]).toEqual(expect.arrayContaining(['nothing', 'writeSync', 'fsync', 'ftruncateSync', 'renameSync']));
  },
);

/** A command agent that never stops writing, cut at every look, since its log may hold next to nothing. */
function writingBox(): StandInBox {
  const own = standInBox([]);
  own.write({
    agents: [
      {
        name: 'ada',
        mode: 'command',
        command: [process.execPath, WRITER, '300', '1', '10', 'split'],
        log: { maxSize: '4KB', total: '1GB' },
      },
    ],
  });
  return own;
}

const isStandingStill = (pid: number): boolean => threadStates(pid).every((state) => state === 'T');
const pieces = (runDir: string): readonly string[] =>
  readdirSync(runDir).filter((name) => /^stdout\.\d+\.ndjson$/.test(name));

const KILLS = 12;

test(
  'a daemon that is killed again and again while it cuts loses no line of its agent, and leaves it running',
  { timeout: 180_000 },
  async () => {
    const own = writingBox();
    let daemon = await foregroundDaemon(own);
    await own.ok('start');
    const { pid } = await own.row('ada');
    const [runDir = ''] = runDirs(own.home, 'ada');
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = pieces(runDir).length;
      // In the first half of them in the midst of a cut, as far as that can be seen from outside.
      const isHit = (): boolean =>
        kill % 2 === 0
          ? readdirSync(runDir).some((name) => name.endsWith('.part')) || isStandingStill(pid ?? 0)
          : pieces(runDir).length > before;
      await until(isHit);
      await daemon.killed();
      daemon = await foregroundDaemon(own);
      await until(() => !isStandingStill(pid ?? 0));
    }
    const live = join(runDir, 'stdout.ndjson');
    expect(await own.row('ada')).toMatchObject({ pid, restarts: 0, adopted: true, state: 'running' });
    expect(pieces(runDir).length).toBeGreaterThanOrEqual(KILLS / 2);
    await expectsPassRule(own, { numberOf: (line) => numbersIn(line)[0] ?? null });
    process.kill(pid ?? 0, 'SIGTERM');
    await expect.poll(() => lastIn(streamOf(live).bytes.toString()), { timeout: 10_000 }).not.toBeNull();
    const { bytes, gone } = streamOf(live);
    const last = lastIn(bytes.toString()) ?? 0;
    expect([gone, firstBreak(numbersIn(bytes.toString()), last)]).toEqual([0, null]);
  },
);

test('who follows a log that is cut meanwhile sees every line once', { timeout: 60_000 }, async () => {
  const own = writingBox();
  await own.ok('start');
  const child = spawn(process.execPath, [MAIN, 'logs', 'ada', '--raw', '-f', '--lines', '1000000'], {
    env: { AGENTVISOR_HOME: own.home, HOME: own.userHome },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const [runDir = ''] = runDirs(own.home, 'ada');
  await until(() => pieces(runDir).length > 3);
  process.kill((await own.row('ada')).pid ?? 0, 'SIGTERM');
  await expect.poll(() => lastIn(printed), { timeout: 10_000 }).not.toBeNull();
  expect(firstBreak(numbersIn(printed), lastIn(printed) ?? 0)).toBeNull();
  const again = await own.ok('logs', 'ada', '--raw', '--run', basename(runDir));
  expect(firstBreak(numbersIn(again), lastIn(again) ?? 0)).toBeNull();
});

test('the log of a stream agent is cut between two turns, not in one, and every answer is found in it', async () => {
  const print = { at: 'message' as const, lines: 40, bytes: 1_000 };
  const fleet = standInBox(
    ['ada'],
    { faults: [{ do: { print, answer: '{text}, seen {seen}' } }] },
    {
      log: { maxSize: '30KB', total: '1GB' },
    },
  );
  await fleet.ok('start');
  const [runDir = ''] = runDirs(fleet.home, 'ada');
  const asked: { id: string; text: string }[] = [];
  const ask = async (text: string): Promise<void> => {
    const { id } = JSON.parse(await fleet.ok('send', 'ada', text, '--json')) as { id: string };
    asked.push({ id, text });
  };
  for (let n = 1; n <= 4; n += 1) {
    await ask(`question ${n}`);
    await fleet.until('ada', ({ inTurn, queued }) => !inTurn && queued === 0);
    const cuts = n;
    await expect.poll(() => pieces(runDir).length, { timeout: 10_000 }).toBeGreaterThanOrEqual(cuts);
  }
  // In a turn it is left alone, however much it has written.
  fleet.setScript({ faults: [{ when: { untilFile: 'go' }, do: { print, api: 'hang' } }] });
  await ask('the last one');
  await fleet.until('ada', ({ inTurn }) => inTurn);
  const before = pieces(runDir).length;
  await expect.poll(() => nodeFs.statSync(join(runDir, 'stdout.ndjson')).size).toBeGreaterThan(40_000);
  await fleet.event(({ event }) => event === 'ready');
  const looks = Date.now() + 2_500;
  await until(() => Date.now() > looks);
  expect(pieces(runDir).length).toBe(before);
  writeFileSync(join(fleet.dir, 'go'), '');
  await expect.poll(() => pieces(runDir).length, { timeout: 10_000 }).toBeGreaterThan(before);
  for (const { id, text } of asked.slice(0, 4)) {
    const outcome = await fleet.client().call('outcome', { agent: 'ada', id });
    expect(outcome).toMatchObject({ answer: `${text}, seen 1` });
  }
});
