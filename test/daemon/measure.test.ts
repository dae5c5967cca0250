import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/daemon/clock.ts';
import { LiveRun, type LiveRunOptions } from '../../src/daemon/live-run.ts';
import { FifoWriter } from '../../src/daemon/process/fifo.ts';
import { runFiles } from '../../src/daemon/process/run-files.ts';
import { usageMeter } from '../../src/daemon/process/usage.ts';
import { UsageRows } from '../../src/daemon/usage-rows.ts';
import { identity } from '../../src/home/process-identity.ts';
import type { Event } from '../../src/kernel/events.ts';
import type { Fleet, Run } from '../../src/kernel/fleet.ts';
import { ADA, agentIn, aRun, fleetOf } from '../kernel/fleet-of.ts';
import { scene } from './process/scene.ts';

const MEGABYTES = 1024 * 1024;
const ANSWER = '{"type":"assistant","message":{"id":"m1","model":"claude-opus","content":[]}}\n';

type Listening = { readonly live: LiveRun; readonly told: Event[]; readonly stdout: string };

function listen(change: Partial<LiveRunOptions> = {}): Listening {
  const runDir = scene().runDir();
  mkdirSync(runDir, { recursive: true });
  const { stdout } = runFiles(runDir);
  writeFileSync(stdout, '');
  const told: Event[] = [];
  const live = new LiveRun({
    agent: 'ada',
    run: '000001',
    runDir,
    mode: 'stream',
    cursor: 0,
    stdout,
    base: 0,
    isAdopted: false,
    writer: new FifoWriter(),
    submit: async (event) => void told.push(event),
    isShimAlive: () => true,
    endOrphans: async () => undefined,
    secrets: () => [],
    used: () => Promise.resolve({ rss: 7 * MEGABYTES, cpuMs: 40 }),
    complain: () => undefined,
    ...change,
  });
  onTestFinished(() => live.close());
  return { live, told, stdout };
}

const measured = { type: 'measured', agent: 'ada', run: '000001' };

test('what nobody has read yet is told before a run is called silent', async () => {
  const { live, told, stdout } = listen();
  await live.measure();
  appendFileSync(stdout, ANSWER);
  await live.measure();
  expect(told).toMatchObject([
    { ...measured, silentMs: expect.any(Number), rssBytes: 7 * MEGABYTES, cpuMs: 40 },
    { type: 'heard', fact: { fact: 'answered' } },
    measured,
  ]);
});

test('what an agent says whose shim was killed is heard, as long as it says something', async () => {
  const { live, told, stdout } = listen({ endOrphans: async () => appendFileSync(stdout, ANSWER) });
  await live.end();
  expect(told).toMatchObject([
    { type: 'heard', fact: { fact: 'answered' } },
    { type: 'exited', code: null },
  ]);
});

test('of a program that is not listened to nothing is called silence', async () => {
  const { live, told } = listen({ mode: 'command' });
  await live.measure();
  expect(told).toEqual([{ ...measured, silentMs: 0, rssBytes: 7 * MEGABYTES, cpuMs: 40 }]);
});

test('a machine that does not tell its memory is complained of once, and the silence is told all the same', async () => {
  const complaints: string[] = [];
  const { live, told } = listen({
    used: () => Promise.reject(new Error('no ps')),
    complain: (what) => complaints.push(what),
  });
  await live.measure();
  await live.measure();
  expect(told).toMatchObject([
    { ...measured, rssBytes: null, cpuMs: null },
    { ...measured, rssBytes: null, cpuMs: null },
  ]);
  expect(complaints).toEqual(['memory of ada']);
});

test('a run whose end is told is not measured any more', async () => {
  const { live, told } = listen();
  await live.end();
  await live.measure();
  expect(told.map(({ type }) => type)).toEqual(['exited']);
});

/** A fleet whose one agent runs in this run. */
function running(run: Pick<Run, 'id' | 'shim'>): Fleet {
  const calm = fleetOf(ADA);
  return { ...calm, agents: { ada: { ...agentIn(calm), state: { at: 'running', run: aRun(run) } } } };
}

test('the memory of a run is that of all its processes, and a new run is not taken for the old one', async () => {
  const boot = identity.bootId();
  const usage = new UsageRows(usageMeter(), systemClock(boot), () => []);
  const { start, startScript } = scene();
  const hold = `const held = Buffer.alloc(${150 * MEGABYTES}, 1); console.log('ready'); setInterval(() => held.length, 1e6);`;
  const large = await startScript(`'${process.execPath}' -e "${hold}" & wait`);
  const shimOf = (pid: number, shimStart: string): Run['shim'] => ({ pid, start: shimStart, boot });
  const before = running({ id: '000001', shim: shimOf(large.shimPid, large.shimStart) });
  expect((await usage.used(before, '000001'))?.rss).toBeGreaterThan(150 * MEGABYTES);
  const small = await start(['sleep', '1000']);
  const after = running({ id: '000002', shim: shimOf(small.shimPid, small.shimStart) });
  expect((await usage.used(after, '000002'))?.rss).toBeLessThan(50 * MEGABYTES);
  expect(await usage.used(after, '000001')).toBeNull();
});
