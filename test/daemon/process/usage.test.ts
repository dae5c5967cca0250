import { expect, test } from 'vitest';
import { mono } from '../../../src/kernel/moment.ts';
import {
  cpuTimeMs,
  procRows,
  psRows,
  TableUsageMeter,
  usageMeter,
  type UsageRow,
} from '../../../src/daemon/process/usage.ts';
import { linesIn, scene } from './scene.ts';

const row = (pid: number, change: Partial<UsageRow>): UsageRow => ({
  pid,
  start: '1',
  parent: 1,
  group: pid,
  cpuMs: 0,
  rssBytes: 0,
  ...change,
});

const meterOf = (...passes: UsageRow[][]): TableUsageMeter => new TableUsageMeter(async () => passes.shift() ?? []);
const agents = [{ name: 'a', shimPid: 10 }];

test("an agent's memory and time are those of its whole tree without the shim", async () => {
  const meter = meterOf([
    row(10, { rssBytes: 1 }),
    row(11, { parent: 10, group: 10, rssBytes: 100, cpuMs: 70 }),
    row(12, { parent: 11, rssBytes: 20, cpuMs: 5 }),
    row(13, { group: 10, rssBytes: 3 }),
    row(14, { rssBytes: 1000, cpuMs: 900 }),
  ]);
  expect((await meter.sample(agents, mono(0))).get('a')).toEqual({ cpu: null, rss: 123, cpuMs: 75 });
});

test('cpu is per cent of one core since the sample before; new processes count from their start, ended ones not', async () => {
  const meter = meterOf(
    [row(11, { parent: 10, cpuMs: 5000 }), row(12, { parent: 11, cpuMs: 9000 })],
    [row(11, { parent: 10, cpuMs: 5400 }), row(13, { parent: 11, cpuMs: 100 })],
  );
  expect((await meter.sample(agents, mono(0))).get('a')?.cpu).toBeNull();
  expect((await meter.sample(agents, mono(1000))).get('a')?.cpu).toBe(50);
});

test('a restarted agent begins anew', async () => {
  const meter = meterOf([row(11, { parent: 10, cpuMs: 5000 })], [row(21, { parent: 20, cpuMs: 50 })]);
  await meter.sample(agents, mono(0));
  expect((await meter.sample([{ name: 'a', shimPid: 20 }], mono(1000))).get('a')?.cpu).toBeNull();
});

test('a circle of parents, as a reused pid can make one, ends', async () => {
  const meter = meterOf([row(11, { parent: 12 }), row(12, { parent: 11 })]);
  expect((await meter.sample(agents, mono(0))).get('a')).toEqual({ cpu: null, rss: 0, cpuMs: 0 });
});

test('a real agent that computes is seen computing, in one pass with an idle one', async () => {
  const { start, startScript } = scene();
  const busy = await start([process.execPath, '-e', 'console.log(1); for (;;);']);
  const idle = await startScript('echo ready; sleep 1000');
  await linesIn(busy.files.stdout, 1);
  const both = [
    { name: 'busy', shimPid: busy.shimPid },
    { name: 'idle', shimPid: idle.shimPid },
  ];
  const meter = usageMeter();
  const first = await meter.sample(both, mono(0));
  expect(first.get('idle')?.rss).toBeGreaterThan(100_000);
  expect(first.get('busy')?.rss).toBeGreaterThan(10_000_000);
  let at = 0;
  for (let cpu: number | null = 0; cpu === 0 || cpu === null;) {
    at += 100;
    const next = await meter.sample(both, mono(at));
    cpu = next.get('busy')?.cpu ?? null;
    expect(next.get('idle')?.cpu).toBe(0);
  }
});

test('`ps` tells the same tree as /proc', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000');
  const [proc, ps] = [await procRows(), await psRows()];
  const own = (rows: UsageRow[]): unknown[] =>
    rows
      .filter(({ group }) => group === run.shimPid)
      // Resident sizes differ: the kernel rounds them otherwise in each of its files.
      .map(({ pid, parent }) => ({ pid, parent }))
      .toSorted((left, right) => left.pid - right.pid);
  expect(own(ps)).toEqual(own(proc));
});

test.each([
  ['0:01.50', 1_500],
  ['00:01:02', 62_000],
  ['2-03:04:05', 183_845_000],
])('%s of ps is %i ms', (text, ms) => {
  expect(cpuTimeMs(text)).toBe(ms);
});
