import { expect, test } from 'vitest';
import { BoardPublisher } from '../../src/daemon/board-publisher.ts';
import type { Connection } from '../../src/daemon/connection.ts';
import type { DaemonContext } from '../../src/daemon/context.ts';
import { emptyFleet } from '../../src/kernel/fleet.ts';
import type { Notification } from '../../src/protocol/api.ts';
import type { BoardChange } from '../../src/protocol/board.ts';
import { agentRow } from '../cli/rows.ts';

/** A publisher whose clock and whose look at the processes are typed in. */
function publisher() {
  let cpu: number | null = null;
  let fails = false;
  let timers: (() => void)[] = [];
  const context = {
    home: '/srv/home',
    socket: '/srv/home/daemon.sock',
    clock: {
      now: () => ({ mono: 0, wall: 0, boot: 'b', roll: 0 }),
      after: (_delayMs: number, callback: () => void) => {
        timers.push(callback);
        return () => (timers = timers.filter((each) => each !== callback));
      },
    },
    engine: { fleet: emptyFleet, watch: () => () => undefined },
    lag: () => ({ times: 0, longestMs: 0 }),
    outbox: { degraded: () => [] },
    degraded: () => [],
    complain: () => undefined,
    rows: async () => {
      if (fails) throw new Error('no descriptor is left');
      return [agentRow({ name: 'ada', cpu, rss: null })];
    },
  } as unknown as DaemonContext;
  const boards = new BoardPublisher(context);
  const screen = async (): Promise<readonly BoardChange[]> => {
    const heard: BoardChange[] = [];
    const connection = {
      gone: new AbortController().signal,
      holdBack: () => undefined,
      notify: ({ method, params }: Notification) => void (method === 'board' && heard.push(params)),
    } as unknown as Connection;
    await boards.add(connection);
    return heard;
  };
  return {
    screen,
    use: (now: number | null) => (cpu = now),
    fail: (now: boolean) => (fails = now),
    pass: async () => {
      const due = timers;
      timers = [];
      for (const callback of due) callback();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const cpuTold = (heard: readonly BoardChange[]): unknown =>
  heard.findLast(({ usage }) => usage !== undefined)?.usage?.['ada']?.cpu;

test('a screen hears of what was measured for another one that came later', async () => {
  const { screen, use, pass } = publisher();
  const first = await screen();
  use(0);
  await screen();
  await pass();
  expect(cpuTold(first)).toBe(0);
});

test('a screen that comes later is told again what all others know', async () => {
  const { screen, pass } = publisher();
  await screen();
  await pass();
  const second = await screen();
  await pass();
  expect(second.some(({ status }) => status !== undefined)).toBe(true);
});

test('a look that fails is no last one', async () => {
  const { screen, use, fail, pass } = publisher();
  const heard = await screen();
  fail(true);
  await pass();
  fail(false);
  use(7);
  await pass();
  expect(cpuTold(heard)).toBe(7);
});
