import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentRow } from '../../src/protocol/rows.ts';
import { bearersUnder, TOKEN } from '../box.ts';
import { runCli } from '../cli/run-cli.ts';
import { standInBox } from '../daemon/stand-in-box.ts';

/** What docs/operations.md promises about the files of the home. */

test('after a restart of the machine `daemon restart` starts every agent that was wanted up', async () => {
  const { ok, row, until, home } = standInBox(['a', 'b'], {}, { credential: null });
  await ok('start');
  await ok('send', 'a', 'hello', '--wait');
  await ok('stop', 'b');
  const { sessionId } = await row('a');
  for (const pid of bearersUnder(home)) process.kill(pid, 'SIGKILL');
  await expect.poll(() => bearersUnder(home), { timeout: 10_000 }).toEqual([]);
  await ok('daemon', 'restart');
  expect(await until('a', ({ state }) => state === 'running')).toMatchObject({ sessionId });
  expect((await row('b')).state).toBe('stopped');
  expect(await ok('send', 'a', 'and now?', '--wait')).toBe('answer to: and now?\n');
});

test('a backup of the state and of the conversations goes on in another home', async () => {
  const { ok, row, home, dir, userHome } = standInBox(['a']);
  await ok('start');
  await ok('send', 'a', 'hello', '--wait');
  const { sessionId } = await row('a');
  await ok('daemon', 'stop');
  const other = join(dir, 'other-home');
  const otherUser = join(dir, 'other-user');
  cpSync(join(home, 'state'), join(other, 'state'), { recursive: true });
  cpSync(join(userHome, '.claude'), join(otherUser, '.claude'), { recursive: true });
  await ok('kill');

  const there = async (...args: string[]): Promise<string> => {
    const env = { HOME: otherUser, LANG: 'C.UTF-8', TEST_TOKEN: TOKEN };
    const result = await runCli(args, { home: other, cwd: dir, env });
    expect(result, args.join(' ')).toMatchObject({ code: 0 });
    return result.stdout;
  };
  onTestFinished(() => there('kill').then(() => undefined));
  await there('start');
  expect(await there('send', 'a', 'and now?', '--wait')).toBe('answer to: and now?\n');
  const [restored] = JSON.parse(await there('list', '--json')) as readonly AgentRow[];
  expect(restored?.sessionId).toBe(sessionId);
});
