import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { withClient } from '../../src/client/client.ts';
import { TOKEN, type Box } from '../box.ts';
import { MAIN } from '../cli/run-cli.ts';

/** A daemon without a keeper: whoever kills it decides when the next one comes. */
export type ForegroundDaemon = {
  readonly pid: number;
  /** Settles when it is dead. */
  killed(): Promise<void>;
};

export type ForegroundOptions = {
  /** What Node is told in front of the program. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** `daemon run`, once it answers. */
export async function foregroundDaemon(box: Box, options: ForegroundOptions = {}): Promise<ForegroundDaemon> {
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), MAIN, 'daemon', 'run'], {
    env: {
      PATH: process.env['PATH'],
      HOME: box.userHome,
      TEST_TOKEN: TOKEN,
      AGENTVISOR_HOME: box.home,
      ...options.env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  createInterface(child.stderr).on('line', () => undefined);
  const ended = once(child, 'exit');
  const pid = child.pid ?? 0;
  while ((await answeringPid(box)) !== pid) {
    if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}`);
    await new Promise((next) => setImmediate(next));
  }
  return {
    pid,
    killed: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const answeringPid = (box: Box): Promise<number | null> =>
  withClient(box.home, (client) => client.call('ping', {})).then(
    ({ pid }) => pid,
    () => null,
  );
