import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentRow } from '../../src/protocol/rows.ts';
import { TOKEN } from '../box.ts';
import { MAIN } from '../cli/run-cli.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { standInBox, type StandInBox } from '../daemon/stand-in-box.ts';

/** Fault 53: signals to the daemon, as a terminal, systemd or a container send them. */

test.each([
  ['SIGTERM', true],
  ['SIGINT', true],
  ['SIGHUP', false],
  ['SIGUSR2', true],
] as const)('%s: the daemon ends: %s; agents keep running', async (signal, ends) => {
  const fleet = standInBox(['ada']);
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  const { pid } = await fleet.row('ada');
  process.kill(daemon.pid, signal);
  if (ends) await expect.poll(async () => (await fleet.av('ping')).code, { timeout: 10_000 }).toBe(3);
  else await fleet.ok('ping');
  expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
  expect(await fleet.row('ada')).toMatchObject({ pid, adopted: ends });
});

const mayUnshare =
  spawnSync('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', 'true'], { stdio: 'ignore' }).status === 0;

test.runIf(mayUnshare)(
  'daemon run as the first process of a container ends the agents before itself, and brings them up again (where pid namespaces may be made)',
  { timeout: 90_000 },
  async () => {
    // A secret that comes from a variable is gone with the daemon.
    const fleet = standInBox(['ada', 'bob', 'cyd'], {}, { credential: null });
    const first = container(fleet);
    await first.answers();
    await first.av('start');
    await first.av('stop', 'cyd');
    expect(await first.av('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
    expect((JSON.parse(await first.av('ping', '--json')) as { pid: number }).pid).toBe(1);
    const before = JSON.parse(await first.av('list', '--json')) as readonly AgentRow[];
    expect(await first.ended('SIGTERM')).toBe(0);
    // An end that nobody asked for would have left no note: it dies with its container.
    for (const { name, run } of before.filter(({ state }) => state === 'running')) {
      expect(existsSync(join(fleet.home, 'agents', name, 'runs', run ?? '', 'exit.json'))).toBe(true);
    }
    expect((await fleet.rows()).map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped']);

    const second = container(fleet);
    await second.answers();
    await second.av('wait', 'ada', 'bob', '--for', 'up', '--timeout', '20s');
    const after = JSON.parse(await second.av('list', '--json')) as readonly AgentRow[];
    expect(after.map(({ name, state, desired }) => ({ name, state, desired }))).toEqual([
      { name: 'ada', state: 'running', desired: 'up' },
      { name: 'bob', state: 'running', desired: 'up' },
      { name: 'cyd', state: 'stopped', desired: 'down' },
    ]);
    expect(after[0]?.sessionId).toBe(before[0]?.sessionId);
    expect(await second.ended('SIGTERM')).toBe(0);
  },
);

/** A namespace of processes in which `daemon run` is the first. */
function container({ home, userHome, dir }: StandInBox) {
  const env = { PATH: process.env['PATH'], HOME: userHome, AGENTVISOR_HOME: home, TEST_TOKEN: TOKEN };
  const command = [process.execPath, MAIN, 'daemon', 'run'];
  const child = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', ...command], {
    env,
    stdio: 'ignore',
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  onTestFinished(() => void child.kill('SIGKILL'));
  const inside = (): number => {
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    return Number(children.trim());
  };
  const run = (...args: readonly string[]) => {
    const words = ['-t', String(inside()), '-p', '-m', `--wd=${dir}`, process.execPath, MAIN, ...args];
    return spawnSync('nsenter', words, { env, encoding: 'utf8' });
  };
  return {
    answers: () => expect.poll(() => (inside() > 0 ? run('ping').status : null), { timeout: 20_000 }).toBe(0),
    av: (...args: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = run(...args);
      expect({ args, status, stderr: status === 0 ? '' : stderr }).toEqual({ args, status: 0, stderr: '' });
      return Promise.resolve(stdout);
    },
    ended: async (signal: NodeJS.Signals): Promise<number | null> => {
      process.kill(inside(), signal);
      return (await exit)[0];
    },
  };
}
