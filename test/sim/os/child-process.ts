import { systemError, type Inode } from './inode.ts';
import { machine } from './machine.ts';
import { beginShim } from '../agent/shim.ts';

/** `node:child_process` of the present machine: all that the daemon starts are the shims of its agents. */

type SpawnOptions = {
  readonly env: Readonly<Record<string, string>>;
  readonly stdio: readonly ['ignore', number, number];
};
type Child = {
  readonly pid: number | undefined;
  on(event: 'error', act: (error: Error) => void): void;
  once(event: 'exit', act: (code: number | null, signal: string | null) => void): void;
  unref(): void;
};

export function spawn(_file: string, args: readonly string[], { env, stdio }: SpawnOptions): Child {
  const box = machine();
  box.change();
  const output = (descriptor: number): Inode => box.disk.of(descriptor, 'spawn').inode;
  if (box.processes.refusals > 0) {
    box.processes.refusals -= 1;
    return refused(systemError('EAGAIN', 'spawn', '/bin/sh'));
  }
  const daemon = box.daemon;
  let report: (code: number) => void = () => undefined;
  const [, , runDir = '', stdin = ''] = args;
  const shim = beginShim(
    box,
    { runDir, stdin, env, argv: args.slice(6), stdout: output(stdio[1]), stderr: output(stdio[2]) },
    (code) => {
      if (box.daemon === daemon && box.isDaemonAlive) box.forDaemon(box.random.between(0.1, 2), () => report(code));
    },
  );
  box.changed();
  return {
    pid: shim.pid,
    on: () => undefined,
    once: (_event, act) => {
      report = (code) => act(code, null);
    },
    unref: () => undefined,
  };
}

/** As Node tells it: no pid, and an event. */
const refused = (error: Error): Child => ({
  pid: undefined,
  on: (_event, act) => void machine().forDaemon(0, () => act(error)),
  once: () => undefined,
  unref: () => undefined,
});

/** All that is asked of another program is the size of a page. */
export const execFileSync = (): string => '4096\n';

export function execFile(): never {
  throw new Error('no history runs a program but its agents');
}
