import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { localTime } from '../../src/wording/local-times.ts';
import { encodeNotification, encodeResult } from '../../src/protocol/frames.ts';
import type { AgentRow } from '../../src/protocol/rows.ts';
import { fakeDaemon } from './fake-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { agentRow } from './rows.ts';
import { runCli } from './run-cli.ts';
import { startInTerminal } from './run-in-terminal.ts';
import { daemonThatSays } from './scripted-daemon.ts';

const OUTCOME = { id: 'x', state: 'answered', answer: 'pong', cause: null, detail: '' };

describe('send', () => {
  test('names the message by a UUID that ends in 0000, and keeps the text as it is', async () => {
    const { run, daemon } = await daemonThatSays({ send: ({ id }: { id: string }) => ({ id }) });
    const text = ' two\nlines, ü, "quotes" ';
    expect(await run(['send', 'a', '-'], { input: text })).toMatchObject({ code: 0, stdout: '' });
    expect(daemon.requests.find(({ method }) => method === 'send')).toEqual({
      method: 'send',
      params: {
        agent: 'a',
        text,
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{8}0000$/),
      },
    });
  });

  test('--wait prints the answer and nothing else', async () => {
    const { run } = await daemonThatSays({ send: { id: 'x' }, outcome: OUTCOME });
    expect(await run(['send', 'a', 'ping', '--wait'])).toEqual({ code: 0, stdout: 'pong\n', stderr: '' });
    expect(JSON.parse((await run(['send', 'a', 'ping', '--wait', '--json'])).stdout)).toEqual(OUTCOME);
  });

  test('--wait ends with 1 and the cause when there is no answer', async () => {
    const { run } = await daemonThatSays({
      send: { id: 'x' },
      outcome: { ...OUTCOME, state: 'failed', answer: null, cause: 'message-failed', detail: 'three times' },
    });
    const { code, stdout, stderr } = await run(['send', 'a', 'ping', '--wait']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('agentvisor: a did not answer, the message is failed (message-failed: three times)\n');
  });

  test('--wait outlives a daemon: it sends the same message again, under the same id', async () => {
    const home = temporaryFolder();
    const first = await fakeDaemon(home, (method, _, socket) => {
      if (method !== 'send') return undefined;
      socket.destroy();
      return undefined;
    });
    const waiting = runCli(['send', 'a', 'ping', '--wait'], { home });
    await expect.poll(() => first.requests.some(({ method }) => method === 'send')).toBe(true);
    await first.close();
    const second = await fakeDaemon(home, (method) =>
      method === 'send' ? { id: 'x' } : method === 'outcome' ? OUTCOME : undefined,
    );
    expect(await waiting).toMatchObject({ code: 0, stdout: 'pong\n' });
    const sent = [...first.requests, ...second.requests]
      .filter(({ method }) => method === 'send')
      .map(({ params }) => params['id']);
    expect(new Set(sent).size).toBe(1);
    expect(sent.length).toBeGreaterThanOrEqual(2);
  });
});

/** A daemon whose reviewer becomes what the test says, and which answers the message when the test says so. */
async function daemonOfReviewer(home: string, first: AgentRow) {
  let now = first;
  let subscriber: Socket | undefined;
  let asker: Socket | undefined;
  const daemon = await fakeDaemon(home, (method, _, socket) => {
    if (method === 'list') return [now];
    if (method === 'send') return { id: 'x' };
    if (method === 'explain') return [{ name: 'reviewer', text: explained(now) }];
    if (method === 'outcome') asker = socket;
    if (method !== 'subscribe') return undefined;
    subscriber = socket;
    return { agents: [now], incidents: [] };
  });
  return {
    ...daemon,
    isAsked: () => asker !== undefined && subscriber !== undefined,
    become: (row: AgentRow): void => {
      now = row;
      subscriber?.write(encodeNotification('agent', row));
    },
    // The handshake was the first request of the connection, this one the second.
    answer: () => asker?.write(encodeResult(2, OUTCOME)),
  };
}

const NEXT = '2026-11-20T06:40:00.000Z';
const explained = ({ state, health }: AgentRow): string => `reviewer is ${state} ${health}. Asked again at ${NEXT}.`;
const noteOf = (row: AgentRow): string =>
  `agentvisor: the message waits, ${explained(row).replace(NEXT, localTime(NEXT))}\n`;

describe('while send --wait waits', () => {
  const healthy = agentRow();
  const quiet = agentRow({ health: 'quiet' });
  const held = agentRow({ health: 'held' });
  const stopped = agentRow({ state: 'stopped', health: 'unknown' });

  test.each([
    [[], 'pong\n'],
    [['--json'], `${JSON.stringify(OUTCOME)}\n`],
  ])('%j each change that makes the message wait is told once, and why', async (options, answer) => {
    const home = temporaryFolder();
    const daemon = await daemonOfReviewer(home, healthy);
    const terminal = startInTerminal(200, ['send', 'reviewer', 'ping', '--wait', ...options], { home });
    await expect.poll(daemon.isAsked, { timeout: 10_000 }).toBe(true);
    daemon.become(quiet);
    await expect.poll(terminal.screen, { timeout: 10_000 }).toContain(noteOf(quiet));
    daemon.become(agentRow({ name: 'stranger', health: 'capped' }));
    daemon.become({ ...quiet, queued: 2 });
    daemon.become(agentRow({ state: 'stopping', health: 'wedged' }));
    daemon.become(healthy);
    daemon.become(agentRow({ health: 'wedged' }));
    daemon.become(held);
    await expect.poll(terminal.screen, { timeout: 10_000 }).toContain(noteOf(held));
    daemon.become(stopped);
    await expect.poll(terminal.screen, { timeout: 10_000 }).toContain(noteOf(stopped));
    daemon.become(healthy);
    daemon.answer();
    expect(await terminal.ended).toEqual({
      code: 0,
      screen: `${noteOf(quiet)}${noteOf(held)}${noteOf(stopped)}${answer}`,
    });
  });

  test('what was told before is not told again, neither at the beginning nor by the next daemon', async () => {
    const home = temporaryFolder();
    const first = await daemonOfReviewer(home, held);
    const terminal = startInTerminal(200, ['send', 'reviewer', 'ping', '--wait'], { home });
    await expect.poll(first.isAsked, { timeout: 10_000 }).toBe(true);
    first.become(quiet);
    await expect.poll(terminal.screen, { timeout: 10_000 }).toContain(noteOf(quiet));
    await first.close();
    const second = await daemonOfReviewer(home, quiet);
    await expect.poll(second.isAsked, { timeout: 10_000 }).toBe(true);
    second.become(stopped);
    await expect.poll(terminal.screen, { timeout: 10_000 }).toContain(noteOf(stopped));
    second.answer();
    expect((await terminal.ended).screen).toBe(
      [
        'agentvisor: the message waits, reviewer is held; see why: agentvisor describe reviewer\n',
        noteOf(quiet),
        'agentvisor: the daemon is gone; waiting for it to come back\n',
        noteOf(stopped),
        'pong\n',
      ].join(''),
    );
  });
});
