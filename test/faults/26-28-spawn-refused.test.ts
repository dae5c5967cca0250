import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FREE_FOR_SPAWN_MIN } from '../../src/daemon/descriptors.ts';
import type { AgentRow, HistoryRow } from '../../src/protocol/rows.ts';
import { bearersUnder, box, TOKEN, type Box } from '../box.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';

const TINY = join(import.meta.dirname, 'tiny-agent.sh');
const CRASHING = pathToFileURL(join(import.meta.dirname, 'crashing.mjs')).href;
const OFTEN = { delayMin: '100ms', delayMax: '200ms', crashesMax: 10_000 };

const bearersOf = (own: Box, name: string): number => bearersUnder(join(own.home, 'agents', name)).length;
const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
const history = async (own: Box, name: string): Promise<readonly HistoryRow[]> =>
  JSON.parse(await own.ok('history', name, '--json')) as readonly HistoryRow[];
const refusals = async (own: Box, name: string): Promise<readonly string[]> =>
  (await history(own, name)).filter(({ cause }) => cause === 'spawn-failed').map(({ detail }) => detail);

const at = (rows: readonly AgentRow[], state: AgentRow['state']): readonly AgentRow[] =>
  rows.filter((row) => row.state === state);

describe('a daemon that may open 80 files (26)', () => {
  const FILES_MAX = 80;
  const NAMES = Array.from({ length: 40 }, (_, index) => `a${String(index).padStart(2, '0')}`);

  /** To load its own program a Node process needs more than that, so it is limited once it runs. */
  async function limit(pid: number, max: number): Promise<void> {
    await once(spawn('prlimit', [`--pid=${pid}`, `--nofile=${max}:4096`], { stdio: 'inherit' }), 'exit');
  }

  function manyAgents(): Box {
    const own = box();
    own.write({
      defaults: { claude: { bin: TINY }, restart: OFTEN },
      agents: NAMES.map((name) => ({ name, cwd: `./${name}` })),
    });
    return own;
  }

  test('starts as many agents as fit, names the cause for the others, answers, and starts them when there is room', async () => {
    const own = manyAgents();
    const { pid } = await foregroundDaemon(own);
    await limit(pid, FILES_MAX);
    expect((await own.av('start')).code).toBe(5);
    const rows = await own.rows();
    const running = at(rows, 'running');
    const waiting = rows.filter(({ state }) => state !== 'running');
    expect([running.length > 0, waiting.length > 1]).toEqual([true, true]);
    const [first] = waiting;
    expect(await refusals(own, first?.name ?? '')).toContainEqual(expect.stringContaining('too many files are open'));
    const degraded = async (): Promise<string> => (await own.row('a00')).degraded.join();
    await expect.poll(degraded, { timeout: 10_000 }).toContain('descriptors: too few');
    // Many who ask at once are all answered.
    const answers = await Promise.all(Array.from({ length: 6 }, () => own.av('list', '--json')));
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
    // Room is left for what else the daemon does, beside what it keeps back; the last two runs take two each of it.
    await expect
      .poll(() => openFiles(pid), { timeout: 10_000 })
      .toBeLessThanOrEqual(FILES_MAX - FREE_FOR_SPAWN_MIN + 4);
    await own.ok('stop', ...running.slice(1).map(({ name }) => name));
    await Promise.all(waiting.slice(0, 2).map(({ name }) => own.until(name, ({ state }) => state === 'running')));
    expect(own.daemonPid()).toBe(pid);
    // Who was refused has left no half of a run behind; others are being started meanwhile.
    const halves = async (): Promise<unknown> =>
      (await own.rows()).filter(({ name, pid: agent }) => bearersOf(own, name) > 0 !== (agent !== null));
    await expect.poll(halves, { timeout: 10_000 }).toEqual([]);
  });

  test('that has none at all lives, loses no end of an agent, and goes on when there is room', async () => {
    const own = box();
    own.write({
      agents: [{ name: 'ada', mode: 'command', command: ['sh', '-c', 'sleep 2; exit 7'], restart: { when: 'never' } }],
    });
    const { pid } = await foregroundDaemon(own);
    await own.ok('start');
    // Not even those that it keeps back are below this.
    await limit(pid, 3);
    await expect.poll(() => bearersOf(own, 'ada'), { timeout: 10_000 }).toBe(0);
    await limit(pid, 1_000);
    const ended = await own.event(({ event }) => event === 'exited');
    expect(ended).toMatchObject({ cause: 'crash', detail: 'exit code 7' });
    await own.until('ada', ({ state }) => state === 'stopped');
    await expect.poll(async () => (await own.row('ada')).degraded, { timeout: 10_000 }).toEqual([]);
    expect(own.daemonPid()).toBe(pid);
  });

  test('that has none for the command that gives a secret names the cause, lives, and asks it again when there is room', async () => {
    const own = box();
    const secret = join(own.dir, 'secret');
    own.write({
      credentials: { max: { type: 'oauth-token', from: { command: ['cat', secret] } } },
      agents: [{ name: 'ada', credential: 'max', mode: 'command', command: ['sleep', '1000'], restart: OFTEN }],
    });
    const { pid } = await foregroundDaemon(own);
    // There is no secret yet, so no process: all that goes on is that it is asked for.
    expect((await own.av('start')).code).toBe(1);
    await limit(pid, 3);
    const told = (): string => readFileSync(join(own.home, 'state', 'history.ndjson'), 'utf8');
    await expect.poll(told, { timeout: 10_000 }).toMatch(/its command cat ended with EMFILE/);
    writeFileSync(secret, TOKEN, { mode: 0o600 });
    await limit(pid, 1_000);
    await own.until('ada', ({ state }) => state === 'running');
    expect(own.daemonPid()).toBe(pid);
  });

  test('that has none left, by whatever leak, still answers, calls nobody gone, and recovers', async () => {
    const own = manyAgents();
    const env = { FAULT_FOLDER: own.dir, NODE_OPTIONS: `--import ${CRASHING}` };
    expect((await own.avWith({ env }, 'start')).code).toBe(0);
    await own.ok('delete', ...NAMES.slice(2));
    const before = await own.rows();
    const first = own.daemonPid();
    // The next one hears of the end of its agents by looking alone, which needs a descriptor each time.
    process.kill(first, 'SIGKILL');
    const isBack = async (): Promise<boolean> => (await own.av('ping')).code === 0 && own.daemonPid() !== first;
    await expect.poll(isBack, { timeout: 10_000 }).toBe(true);
    const pid = own.daemonPid();
    await limit(pid, 256);
    const degraded = async (): Promise<string> => {
      const { code, stdout } = await own.av('list', '--json');
      return code === 0 ? ((JSON.parse(stdout) as AgentRow[])[0]?.degraded.join() ?? '') : `not answered: ${code}`;
    };
    const looks = (rows: readonly AgentRow[]): unknown =>
      rows.map(({ name, pid: agent, run }) => ({ name, agent, run }));
    // Twice: what it keeps back is kept back again.
    for (let leak = 0; leak < 2; leak += 1) {
      writeFileSync(join(own.dir, 'leak'), '');
      await expect.poll(() => openFiles(pid), { timeout: 10_000 }).toBeGreaterThan(240);
      await expect.poll(degraded, { timeout: 10_000 }).toContain('descriptors: too few');
      expect(looks(await own.rows())).toEqual(looks(before));
      rmSync(join(own.dir, 'leak'));
      await expect.poll(degraded, { timeout: 10_000 }).toBe('');
      expect(looks(await own.rows())).toEqual(looks(before));
    }
    await own.ok('restart', 'a00');
    expect(own.daemonPid()).toBe(pid);
  });

  test('that has none left for seconds says so once in its log', async () => {
    const own = box();
    own.write({ agents: [{ name: 'ada', mode: 'command', command: ['sleep', '1000'] }] });
    const env = { FAULT_FOLDER: own.dir, NODE_OPTIONS: `--import ${CRASHING}` };
    expect((await own.avWith({ env }, 'start')).code).toBe(0);
    const pid = own.daemonPid();
    await limit(pid, 256);
    const leak = join(own.dir, 'leak-on');
    writeFileSync(leak, '');
    const log = (): readonly string[] => readFileSync(join(own.home, 'daemon.log'), 'utf8').split('\n');
    const said = (): readonly string[] => log().filter((line) => /^\d{4}-.*EMFILE/.test(line));
    await expect.poll(said, { timeout: 10_000 }).not.toEqual([]);
    // Its looks come once a second: for some of them there is nothing new to say.
    const since = performance.now();
    await expect.poll(() => performance.now() - since, { timeout: 10_000 }).toBeGreaterThan(5_000);
    const complaints = said().map((line) => line.replace(/^\S+ /, ''));
    expect(complaints).toEqual([...new Set(complaints)]);
    rmSync(leak);
    await expect.poll(async () => (await own.av('ping')).code, { timeout: 10_000 }).toBe(0);
  });
});

/** What a program prints that runs this behind having taken all descriptors that its limit of 128 leaves. */
async function withoutDescriptors(imports: string, run: string): Promise<unknown> {
  const program = `import { closeSync, openSync } from 'node:fs';
    ${imports}
    const taken = [];
    // What is loaded only when it is needed needs a descriptor for that.
    await run().catch(() => undefined);
    try { for (;;) taken.push(openSync('/dev/null', 'r')); } catch {}
    const said = await run().then((value) => value, (error) => 'threw ' + error.message);
    taken.forEach((fd) => closeSync(fd));
    console.log(JSON.stringify(said));
    function run() { return ${run}; }`;
  const command = `ulimit -n 128; exec "$0" --input-type=module -e "$1"`;
  const child = spawn('sh', ['-c', command, process.execPath, program], { stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(await text(child.stdout));
}

const built = (path: string): string => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);

describe('a command without a descriptor (26)', () => {
  test('that reads an ecosystem file says so', async () => {
    const own = box();
    const file = JSON.stringify(own.write({ agents: [{ name: 'ada' }] }));
    const imports = `import { loadEcosystem } from ${built('config/load.js')};`;
    expect(await withoutDescriptors(imports, `loadEcosystem(${file})`)).toMatchObject({
      ok: false,
      problems: [
        { message: expect.stringMatching(/could not be read: .*EMFILE/), hint: expect.stringContaining('ulimit -n') },
      ],
    });
  });

  test('that asks a program for its version has no answer', async () => {
    const imports = `import { runBriefly } from ${built('box/run-briefly.js')};`;
    const brief = `{ env: process.env, cwd: '/', msMax: 5000 }`;
    expect(await withoutDescriptors(imports, `runBriefly('/bin/echo', ['1.0.0'], ${brief})`)).toBeNull();
  });
});

const PIDS = '/sys/fs/cgroup/pids';
const MAY_LIMIT_PIDS = process.getuid?.() === 0 && existsSync(join(PIDS, 'cgroup.procs'));

/** A real limit of processes for a daemon and all that it starts. */
function pidsGroup(max: number): { add(pid: number): void; limit(to: number | 'max'): void; current(): number } {
  const group = join(PIDS, `agentvisor-test-${process.pid}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(group);
  onTestFinished(async () => {
    await expect.poll(() => readFileSync(join(group, 'cgroup.procs'), 'utf8'), { timeout: 10_000 }).toBe('');
    rmdirSync(group);
  });
  const limit = (to: number | 'max'): void => writeFileSync(join(group, 'pids.max'), String(to));
  limit(max);
  return {
    add: (pid) => writeFileSync(join(group, 'cgroup.procs'), String(pid)),
    limit,
    current: () => Number(readFileSync(join(group, 'pids.current'), 'utf8')),
  };
}

test.skipIf(!MAY_LIMIT_PIDS)(
  'a system that has no room for another process is a cause with backoff, and the daemon lives (27)',
  async () => {
    const group = pidsGroup(1_000);
    const own = box();
    own.write({ agents: [{ name: 'ada', mode: 'command', command: ['sleep', '1000'], restart: OFTEN }] });
    const daemon = await foregroundDaemon(own);
    group.add(daemon.pid);
    group.limit(group.current());
    expect(await own.av('start')).toMatchObject({ code: 1, stderr: expect.stringContaining('spawn-failed') });
    expect(await own.row('ada')).toMatchObject({ state: 'waiting', pid: null });
    expect(await refusals(own, 'ada')).toContainEqual(expect.stringContaining('no room for another process'));
    group.limit('max');
    await own.until('ada', ({ state }) => state === 'running');
    expect(own.daemonPid()).toBe(daemon.pid);
  },
);

/** A fleet of one agent that cannot be started; gives what its history says. */
async function refused(agent: Record<string, unknown>, prepare: (own: Box) => void = () => undefined): Promise<string> {
  const own = box();
  own.write({ agents: [{ name: 'ada', mode: 'command', command: ['true'], ...agent }] });
  prepare(own);
  const started = await own.av('start');
  expect(started).toMatchObject({ code: 1, stderr: expect.stringContaining('spawn-failed') });
  expect(await own.row('ada')).toMatchObject({ state: 'waiting', nextAttemptAt: expect.any(String) });
  expect((await own.av('ping')).code).toBe(0);
  return (await refusals(own, 'ada')).join();
}

test('an environment of 3 MB is a cause with backoff, and the daemon lives (27)', async () => {
  const env = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`BIG_${index}`, 'x'.repeat(100_000)]));
  expect(await refused({ env })).toContain('larger than the system takes');
});

test('a missing folder, a missing program and one that may not be run are told apart (28)', async () => {
  const said = [
    await refused({ cwd: './gone' }),
    await refused({ command: ['./gone'] }),
    await refused({ command: ['./ada/program'] }, (own) => {
      writeFileSync(join(own.dir, 'ada', 'program'), '#!/bin/sh\n');
      chmodSync(join(own.dir, 'ada', 'program'), 0o600);
    }),
  ];
  expect(said).toEqual([
    expect.stringMatching(/The folder .*\/gone does not exist/),
    expect.stringMatching(/There is no program .*\/gone/),
    expect.stringMatching(/program is not executable/),
  ]);
});
