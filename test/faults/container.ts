import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { TOKEN, type Box } from '../box.ts';
import { MAIN } from '../cli/run-cli.ts';

const UNSHARE = ['--pid', '--fork', '--mount-proc', '--kill-child'];

/** Whether namespaces of processes may be made here. */
export const MAY_UNSHARE = spawnSync('unshare', [...UNSHARE, 'true'], { stdio: 'ignore' }).status === 0;

export type Container = {
  /** Settles when its daemon answers. */
  answers(): Promise<void>;
  /** The command line, inside; what it prints. Fails the test unless it exits 0. */
  av(...args: string[]): Promise<string>;
  /** Processes inside that have ended and that nobody has collected. */
  zombies(): number;
  /** Sends it to the first process; its exit code. */
  ended(signal: NodeJS.Signals): Promise<number | null>;
};

/** All else of a container's that matters here is its namespace of processes: the first one is `daemon run`, or `init`. */
export function container({ home, userHome, dir }: Box, init: readonly string[] = []): Container {
  const env = { PATH: process.env['PATH'], HOME: userHome, AGENTVISOR_HOME: home, TEST_TOKEN: TOKEN };
  const command = [...init, process.execPath, MAIN, 'daemon', 'run', ...(init.length > 0 ? ['--with-agents'] : [])];
  const child = spawn('unshare', [...UNSHARE, ...command], { env, stdio: 'ignore' });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  onTestFinished(() => void child.kill('SIGKILL'));
  const inside = (): number => {
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    return Number(children.trim());
  };
  const enter = (...words: readonly string[]) =>
    spawnSync('nsenter', ['-t', String(inside()), '-p', '-m', `--wd=${dir}`, ...words], { env, encoding: 'utf8' });
  const run = (...args: readonly string[]) => enter(process.execPath, MAIN, ...args);
  return {
    answers: () => expect.poll(() => (inside() > 0 ? run('ping').status : null), { timeout: 20_000 }).toBe(0),
    av: (...args) => {
      const { status, stdout, stderr } = run(...args);
      expect({ args, status, stderr: status === 0 ? '' : stderr }).toEqual({ args, status: 0, stderr: '' });
      return Promise.resolve(stdout);
    },
    zombies: () => {
      const { stdout } = enter('sh', '-c', 'cat /proc/[0-9]*/stat 2>/dev/null');
      return stdout.split('\n').filter((line) => /\) Z /.test(line)).length;
    },
    ended: async (signal) => {
      process.kill(inside(), signal);
      return (await exit)[0];
    },
  };
}
