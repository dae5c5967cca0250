import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bearersUnder, box, type Box } from '../box.ts';

const PIDS = '/sys/fs/cgroup/pids';
const MAY_LIMIT = process.getuid?.() === 0 && existsSync(join(PIDS, 'cgroup.procs'));

/** Forks so many and waits. */
const FORKS =
  'for (my $i = 0; $i < 2000; $i++) { my $pid = fork; if (defined $pid && $pid == 0) { sleep 1000; exit } } print "forked\\n"; sleep 1000';
/** So many processes there can be; whoever finds room for another one makes it. */
const PROCESSES_MAX = 300;
/** The TERM of the stop would end it at once. A dead child that is waited for keeps its place, so none is. */
const BEGIN = 'use POSIX; $SIG{TERM} = $SIG{CHLD} = "IGNORE"; sleep 1 until -e "go";';
/** Notes each fork. */
const bomb = (inChild: string): string =>
  `${BEGIN} open F, ">>", "forks"; while (1) { my $pid = fork; if (!defined $pid) { select undef, undef, undef, 0.1 } elsif ($pid) { syswrite F, "x" } else { ${inChild} } }`;
/** Each of them lives only as long as it takes to make the next one: who looks for it finds a dead process. */
const RELAY = `${BEGIN} for (1..2) { next if fork; while (1) { exit if fork } } sleep 1 while 1`;

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

/** A real limit of processes for an agent and all that it forks; then it may begin. */
function letLoose(own: Box, processesMax: number): { processes(): number; isEmpty(): boolean } {
  const group = join(PIDS, `agentvisor-test-${process.pid}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(group);
  onTestFinished(async () => {
    await expect.poll(() => readFileSync(join(group, 'cgroup.procs'), 'utf8'), { timeout: 10_000 }).toBe('');
    rmdirSync(group);
  });
  writeFileSync(join(group, 'pids.max'), String(processesMax));
  for (const pid of bearersUnder(join(own.home, 'agents', 'ada')))
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
  writeFileSync(join(own.dir, 'ada', 'go'), '');
  return {
    // With those that are dead and that nobody has waited for.
    processes: () => Number(readFileSync(join(group, 'pids.current'), 'utf8')),
    isEmpty: () => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '',
  };
}

describe.skipIf(!MAY_LIMIT)('a fork bomb that the system bounds', () => {
  test.each([
    ['in one group', bomb('')],
    ['each in a session of its own', bomb('setsid')],
  ])(
    '%s stands still before the first of it is killed, so that none takes the place of a dead one',
    async (_, program) => {
      const own = await withBomb(program);
      const { processes } = letLoose(own, PROCESSES_MAX);
      await expect.poll(processes, { timeout: 20_000 }).toBe(PROCESSES_MAX);
      const forks = (): number => statSync(join(own.dir, 'ada', 'forks')).size;
      await own.ok('stop', 'ada');
      expect(processesOf(own)).toBe(0);
      expect(forks()).toBeLessThan(PROCESSES_MAX);
      expect((await own.row('bob')).state).toBe('running');
    },
  );

  test('of processes that end as soon as they have forked is ended, too', async () => {
    const own = await withBomb(RELAY);
    // Its dead wait for the system to take them away.
    const { processes, isEmpty } = letLoose(own, 10_000);
    await expect.poll(processes, { timeout: 20_000 }).toBeGreaterThan(10);
    await own.ok('stop', 'ada');
    // A look at the table of processes could miss them just as well.
    expect(isEmpty()).toBe(true);
    expect((await own.row('bob')).state).toBe('running');
  });
});
