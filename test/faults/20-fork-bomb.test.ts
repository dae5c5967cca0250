import { existsSync, readFileSync, rmdirSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bearersUnder, box, type Box } from '../box.ts';

const PIDS = '/sys/fs/cgroup/pids';
const MAY_LIMIT = process.getuid?.() === 0 && existsSync(join(PIDS, 'cgroup.procs'));

/** Forks so many and waits; `bomb`: every process forks for ever. */
const FORKS =
  'for (my $i = 0; $i < 2000; $i++) { my $pid = fork; if (defined $pid && $pid == 0) { sleep 1000; exit } } print "forked\\n"; sleep 1000';
const BOMB = 'sleep 1 until -e "go"; fork while 1';

async function withBomb(program: string): Promise<Box> {
  const own = box();
  own.write({
    agents: [
      { name: 'ada', mode: 'command', command: ['perl', '-e', program], cwd: './ada', stop: { killTimeout: '500ms' } },
      { name: 'bob', mode: 'command', command: ['sleep', '1000'] },
    ],
  });
  await own.ok('start');
  return own;
}

const processesOf = (own: Box): number => bearersUnder(join(own.home, 'agents', 'ada')).length;

/** It is answered while the other one is still under way. */
async function answersMeanwhile(own: Box, stop: Promise<unknown>): Promise<void> {
  let isOver = false;
  void stop.then(() => (isOver = true));
  const { code, stdout } = await own.av('list', '--json');
  expect({ code, isOver }).toEqual({ code: 0, isOver: false });
  expect(stdout).toContain('"bob"');
}

test('an agent with 2,000 processes is stopped with all of them, and the daemon answers meanwhile', async () => {
  const own = await withBomb(FORKS);
  await expect.poll(() => processesOf(own), { timeout: 20_000 }).toBeGreaterThan(2_000);
  const bob = await own.row('bob');
  const stop = own.ok('stop', 'ada');
  await answersMeanwhile(own, stop);
  await stop;
  expect(processesOf(own)).toBe(0);
  expect(await own.row('bob')).toMatchObject({ state: 'running', pid: bob.pid });
});

test.skipIf(!MAY_LIMIT)(
  'a fork bomb that the system bounds is ended to its last process, though each of them goes on forking',
  async () => {
    const own = await withBomb(BOMB);
    const group = join(PIDS, `agentvisor-test-${process.pid}`);
    mkdirSync(group);
    onTestFinished(async () => {
      await expect.poll(() => readFileSync(join(group, 'cgroup.procs'), 'utf8'), { timeout: 10_000 }).toBe('');
      rmdirSync(group);
    });
    writeFileSync(join(group, 'pids.max'), '150');
    for (const pid of bearersUnder(join(own.home, 'agents', 'ada')))
      writeFileSync(join(group, 'cgroup.procs'), String(pid));
    writeFileSync(join(own.dir, 'ada', 'go'), '');
    await expect.poll(() => readFileSync(join(group, 'pids.current'), 'utf8').trim(), { timeout: 20_000 }).toBe('150');
    await own.ok('stop', 'ada');
    expect(processesOf(own)).toBe(0);
    expect((await own.row('bob')).state).toBe('running');
  },
);
