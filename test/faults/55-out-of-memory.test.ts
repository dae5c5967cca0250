import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { box, type Box } from '../box.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';

const MEMORY = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup/cgroup.controllers';
const isRoot = process.getuid?.() === 0;
const hasV1 = existsSync(join(MEMORY, 'memory.limit_in_bytes'));
const hasV2 = !hasV1 && existsSync(V2) && readFileSync(V2, 'utf8').includes('memory');
const MAX_MB = 300;

/** A real limit of memory for a daemon and all that it starts. */
function memoryGroup(): (pid: number) => void {
  const group = join(hasV1 ? MEMORY : '/sys/fs/cgroup', `agentvisor-test-${process.pid}`);
  mkdirSync(group);
  onTestFinished(async () => {
    await expect.poll(() => readFileSync(join(group, 'cgroup.procs'), 'utf8'), { timeout: 10_000 }).toBe('');
    rmdirSync(group);
  });
  writeFileSync(join(group, hasV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(MAX_MB * 2 ** 20));
  return (pid) => writeFileSync(join(group, 'cgroup.procs'), String(pid));
}

function sleepers(): Box {
  const own = box();
  const grow = 'sleep 1 until -e "go"; my @held; push @held, "x" x 1_000_000 while 1';
  const restart = { delayMin: '1h', delayMax: '1h' };
  own.write({
    agents: [
      { name: 'ada', mode: 'command', command: ['perl', '-e', grow], cwd: './ada', restart },
      { name: 'bob', mode: 'command', command: ['sleep', '1000'], restart },
    ],
  });
  return own;
}

const exitOf = async (own: Box, name: string): Promise<unknown> => {
  const { cause, detail } = await own.event(({ agent, event }) => agent === name && event === 'exited');
  return { cause, detail };
};

test.skipIf(!isRoot || !(hasV1 || hasV2))(
  'an agent that the system kills for want of memory is told as such, and who is killed otherwise is not',
  async () => {
    const add = memoryGroup();
    const own = sleepers();
    const daemon = await foregroundDaemon(own);
    add(daemon.pid);
    await own.ok('start');
    process.kill((await own.row('bob')).pid ?? 0, 'SIGKILL');
    expect(await exitOf(own, 'bob')).toEqual({ cause: 'signal', detail: 'exit code 137' });
    writeFileSync(join(own.dir, 'ada', 'go'), '');
    expect(await exitOf(own, 'ada')).toEqual({
      cause: 'oom',
      detail: `exit code 137: the system has killed it for want of memory, whose group may use ${MAX_MB} MB`,
    });
    expect(await own.row('ada')).toMatchObject({ state: 'waiting', nextAttemptAt: expect.any(String) });
    expect(await own.ok('explain', 'ada')).toContain('for want of memory');
    expect(own.daemonPid()).toBe(daemon.pid);
  },
);
