import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventRow } from '../../src/protocol/rows.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { runDirs, streamOf } from './streams.ts';

const MB = 1024 * 1024;
const FLOOD_MB = 800;
const TOTAL_MB = 100;

const rssOf = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

test(
  'an agent that floods its log costs the daemon no memory, the others no time, and the disk not more than its total',
  { timeout: 180_000 },
  async () => {
    const flood = { when: { contains: 'flood' }, do: { flood: { mb: FLOOD_MB } } };
    const fleet = standInBox(['ada', 'bob'], { faults: [flood] }, { log: { maxSize: '20MB', total: `${TOTAL_MB}MB` } });
    await fleet.ok('start');
    const waitedMs: number[] = [];
    let most = 0;
    const over = fleet.av('send', 'ada', 'flood', '--wait');
    const turn = { isOver: false };
    void over.then(() => (turn.isOver = true));
    await fleet.until('ada', ({ inTurn }) => inTurn);
    const client = fleet.client();
    const heard: { event: EventRow; at: number }[] = [];
    await client.subscribe((notification) => {
      if (notification.method === 'event') heard.push({ event: notification.params, at: Date.now() });
    });
    const [runDir = ''] = runDirs(fleet.home, 'ada');
    while (!turn.isOver) {
      const asked = performance.now();
      expect(await client.call('ping', {})).toMatchObject({ pid: fleet.daemonPid() });
      waitedMs.push(performance.now() - asked);
      most = Math.max(most, bytesIn(runDir));
      await fleet.ok('pause', 'bob');
      await fleet.ok('resume', 'bob');
    }
    expect(await over).toMatchObject({ code: 0, stdout: 'answer to: flood\n' });
    // What happened to the other agent was told when it happened.
    const delays = heard.filter(({ event }) => event.agent === 'bob').map(({ event, at }) => at - Date.parse(event.at));
    expect(delays.length).toBeGreaterThan(4);
    expect(Math.max(...delays)).toBeLessThan(1_000);
    expect(Math.max(...waitedMs)).toBeLessThan(1_000);
    expect(rssOf(fleet.daemonPid())).toBeLessThan(100 * MB);
    await expect.poll(() => bytesIn(runDir), { timeout: 10_000 }).toBeLessThan(TOTAL_MB * MB);
    // Every line is there, or counted as dropped, a little later than it went.
    const droppedNow = async (): Promise<{ lines: number; bytes: number } | undefined> =>
      (JSON.parse(await fleet.ok('describe', 'ada', '--json')) as { dropped: { lines: number; bytes: number } }[])[0]
        ?.dropped;
    const stdout = join(runDir, 'stdout.ndjson');
    let dropped = await droppedNow();
    let bytes: Buffer = Buffer.alloc(0);
    const isCounted = async (): Promise<boolean> => {
      dropped = await droppedNow();
      const stream = streamOf(stdout);
      bytes = stream.bytes;
      return dropped?.bytes === stream.gone;
    };
    await expect.poll(isCounted, { timeout: 20_000 }).toBe(true);
    const kept = [...bytes.toString().matchAll(/"n":(\d+),"pad"/g)].map(([, n]) => Number(n));
    const last = kept.at(-1) ?? 0;
    expect(last).toBeGreaterThan(FLOOD_MB * 1_000);
    expect(kept.length).toBe(last - (kept[0] ?? 0) + 1);
    // Of those that were dropped only what it said before the flood was none of it.
    const others = (dropped?.lines ?? 0) - ((kept[0] ?? 0) - 1);
    expect([others >= 0, others < 20]).toEqual([true, true]);
    const history = JSON.parse(await fleet.ok('history', 'ada', '--json')) as EventRow[];
    expect(history.some(({ event, detail }) => event === 'log-dropped' && detail.includes('log.total'))).toBe(true);
  },
);
