import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readStat } from '../../src/home/proc-stat.ts';
import type { HistoryRow } from '../../src/protocol/rows.ts';
import { box } from '../box.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { expectsPassRule } from './pass-rule.ts';

/** Fault 13: an agent that ends at once, over and over. */

const [DELAY_MS_MIN, DELAY_MS_MAX, CRASHES_MAX] = [500, 3_000, 6] as const;
const JITTER = 0.2;
/** Between the daemon's clocks, a file's time, whole milliseconds and a timer that is a little early. */
const SLACK_MS = 50;
/** What the delays are before the jitter: 500, 1,000, 2,000, 3,000, 3,000 ms. */
const DOUBLED = Array.from({ length: CRASHES_MAX - 1 }, (_, index) =>
  Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** index),
);
/**
 * Hundredths of a second of a processor for a crash and the start behind it, at most; 3 were measured. A daemon that turned in a
 * circle through the ten seconds would use 160.
 */
const TICKS_PER_CRASH_MAX = 20;

test('a crash loop on a real daemon: the delays double within their jitter, then it is errored, and the daemon rests', async () => {
  const own = box();
  own.write({
    defaults: { auth: { quiet: { jitter: JITTER } } },
    agents: [
      {
        name: 'ada',
        mode: 'command',
        log: { keep: CRASHES_MAX },
        command: ['sh', '-c', 'exit 1'],
        restart: { delayMin: `${DELAY_MS_MIN}ms`, delayMax: `${DELAY_MS_MAX}ms`, crashesMax: CRASHES_MAX },
      },
    ],
  });
  const { pid } = await foregroundDaemon(own);
  const before = readStat(pid)?.cpuTicks ?? 0;
  // It never comes up: the start is no success.
  expect((await own.av('start')).code).toBe(1);
  const errored = await own.until('ada', ({ state }) => state === 'errored');
  const used = (readStat(pid)?.cpuTicks ?? Infinity) - before;

  const history = JSON.parse(await own.ok('history', 'ada', '--json')) as HistoryRow[];
  const at = (name: string): number[] => history.filter(({ event }) => event === name).map((row) => Date.parse(row.at));
  const ends = history
    .filter(({ event }) => event === 'exited')
    .map(({ run }) => statSync(join(own.home, 'agents/ada/runs', run ?? '', 'exit.json')).mtimeMs);
  const told = history.flatMap(({ event, detail }) => {
    const [, left] = /next start in (\d+) ms$/.exec(event === 'waiting' ? detail : '') ?? [];
    return left === undefined ? [] : [Number(left)];
  });
  expect(told).toHaveLength(DOUBLED.length);
  // A delay counts from the end, which is seen a little later: what is left of it is told.
  const delays = told.map((left, index) => left + (at('waiting')[index] ?? 0) - (ends[index] ?? 0));
  for (const [index, doubled] of DOUBLED.entries()) {
    expect(told[index]).toBeLessThanOrEqual(Math.min(DELAY_MS_MAX, doubled * (1 + JITTER)));
    expect(delays[index]).toBeGreaterThanOrEqual(Math.max(DELAY_MS_MIN, doubled * (1 - JITTER)) - SLACK_MS);
  }
  // No start comes before its delay is over.
  const starts = at('restarting').map((start, index) => start - (ends[index] ?? 0) >= (delays[index] ?? 0) - SLACK_MS);
  expect(starts).toEqual(DOUBLED.map(() => true));
  expect(errored).toMatchObject({ restarts: CRASHES_MAX - 1, pid: null, desired: 'up' });
  expect(history.at(-1)).toMatchObject({ event: 'errored', detail: '6 crashes; tried again every 30 min' });
  expect(Date.parse(errored.nextAttemptAt ?? '') - Date.parse(errored.since)).toBeGreaterThan(29 * 60_000);
  await expectsPassRule(own);
  expect(used / CRASHES_MAX).toBeLessThan(TICKS_PER_CRASH_MAX);
}, 60_000);
