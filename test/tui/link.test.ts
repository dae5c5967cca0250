import type { Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Notification } from '../../src/protocol/api.ts';
import { encodeNotification } from '../../src/protocol/frames.ts';
import { Link } from '../../src/tui/link.ts';
import type { Message } from '../../src/tui/model.ts';
import { fakeDaemon } from '../cli/fake-daemon.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { boardAgent, fleetOf } from './models.ts';

/** What a screen is told by a daemon that sends its answer and this in one piece. */
async function toldBy(behindAnswer: (asked: number) => readonly Notification[]): Promise<readonly Message[]> {
  const home = temporaryFolder();
  let asked = 0;
  await fakeDaemon(home, (method, _params, socket) => {
    if (method !== 'board') return undefined;
    asked += 1;
    inOnePiece(socket, behindAnswer(asked));
    return fleetOf({ agents: [boardAgent({ name: 'ada', health: 'healthy' })] });
  });
  const told: Message[] = [];
  const link = new Link(home, (message) => told.push(message));
  const ended = link.run();
  onTestFinished(async () => {
    link.close();
    await ended;
  });
  await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ type: 'changed', change: { events: [] } }));
  return told;
}

function inOnePiece(socket: Socket, notifications: readonly Notification[]): void {
  socket.cork();
  process.nextTick(() => {
    for (const { method, params } of notifications) socket.write(encodeNotification(method, params));
    socket.uncork();
  });
}

const sick: Notification = {
  method: 'board',
  params: { agents: [boardAgent({ name: 'ada', health: 'wedged' })] },
};

test('what has changed since the answer is told after the answer, also when both come in one piece', async () => {
  const told = await toldBy(() => [sick]);
  expect(told.map(({ type }) => type)).toEqual(['board', 'changed']);
});

test('so it is when all is asked for anew, because something was dropped', async () => {
  const told = await toldBy((asked) => (asked === 1 ? [{ method: 'dropped', params: { count: 3 } }] : [sick]));
  expect(told.map(({ type }) => type)).toEqual(['board', 'board', 'changed']);
});
