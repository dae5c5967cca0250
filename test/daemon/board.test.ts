import { describe, expect, test } from 'vitest';
import type { Notification } from '../../src/protocol/api.ts';
import type { BoardAgent, BoardChange } from '../../src/protocol/board.ts';
import type { Box } from '../box.ts';
import { standInBox } from './stand-in-box.ts';

/** A screen: the snapshot, and all that it is told afterwards. */
async function screenOf(own: Box): Promise<{
  readonly board: Awaited<ReturnType<ReturnType<Box['client']>['board']>>;
  readonly changes: BoardChange[];
  /** The next change, past or future, of which it is true. */
  readonly until: (predicate: (change: BoardChange) => boolean) => Promise<BoardChange>;
}> {
  const changes: BoardChange[] = [];
  const waiting: (() => void)[] = [];
  const board = await own.client().board(({ method, params }: Notification) => {
    if (method === 'board') changes.push(params);
    waiting.splice(0).forEach((look) => look());
  });
  const until = async (predicate: (change: BoardChange) => boolean): Promise<BoardChange> => {
    for (;;) {
      const found = changes.find(predicate);
      if (found !== undefined) return found;
      await new Promise<void>((look) => waiting.push(look));
    }
  };
  return { board, changes, until };
}

const agentIn = ({ agents = [] }: { readonly agents?: readonly BoardAgent[] }, name: string): BoardAgent | undefined =>
  agents.find(({ row }) => row.name === name);

const says =
  (name: string, predicate: (agent: BoardAgent) => boolean) =>
  (change: BoardChange): boolean => {
    const agent = agentIn(change, name);
    return agent !== undefined && predicate(agent);
  };

describe('a screen', () => {
  test('is told what is, and then every change of it: turns, stops, removal', async () => {
    const own = standInBox(['ada', 'bob']);
    await own.ok('start', 'ecosystem.json');
    const { board, until } = await screenOf(own);
    expect(board.agents.map(({ row }) => row.name)).toEqual(['ada', 'bob']);
    expect(agentIn(board, 'ada')).toMatchObject({ turnStartedAt: null, explanation: { name: 'ada' } });
    expect(board.status).toMatchObject({ agents: 2, alive: 2, degraded: [] });
    expect(board.credentials).toMatchObject([{ name: 'max', agents: ['ada', 'bob'] }]);

    await own.ok('send', 'ada', 'hello', '--wait');
    await until(says('ada', ({ row }) => row.lastGoodTurnAt !== null));
    await own.ok('stop', 'bob');
    await until(says('bob', ({ row, explanation }) => row.state === 'stopped' && explanation.is.includes('stopped')));
    await until(({ events = [] }) => events.some(({ agent, event }) => agent === 'bob' && event === 'stopped'));
    await own.ok('delete', 'bob');
    await until(({ removed = [] }) => removed.includes('bob'));
  });

  test('is told what processes use without asking', async () => {
    const own = standInBox(['ada']);
    await own.ok('start', 'ecosystem.json');
    const { board, until } = await screenOf(own);
    expect(agentIn(board, 'ada')?.row.rss).toBeGreaterThan(1_000_000);
    await own.ok('restart', 'ada');
    await until(({ usage = {} }) => (usage['ada']?.rss ?? 0) > 1_000_000);
  });

  test('that asks again on its connection is answered anew', async () => {
    const own = standInBox(['ada']);
    await own.ok('start', 'ecosystem.json');
    const client = own.client();
    const first = await client.board(() => undefined);
    const second = await client.board(() => undefined);
    expect(second.agents.map(({ row }) => row.name)).toEqual(first.agents.map(({ row }) => row.name));
  });

  test('is told many changes of one moment in one notification', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `agent-${index}`);
    const own = standInBox(names);
    await own.ok('start', 'ecosystem.json');
    const { changes, until } = await screenOf(own);
    await own.ok('pause', 'all');
    await until(says('agent-11', ({ row }) => row.paused));
    const told = changes.filter((change) => change.agents?.some(({ row }) => row.paused));
    expect(told.length).toBeLessThan(names.length);
    expect(new Set(told.flatMap(({ agents = [] }) => agents.map(({ row }) => row.name)))).toEqual(new Set(names));
  });
});
