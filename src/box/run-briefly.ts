import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

export type Brief = {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** After this it is killed, with all of its process group. */
  readonly msMax: number;
};

/** A version or a few properties; what prints more is not what was asked. */
const OUTPUT_CHARACTERS_MAX = 16 * 1024;

/** What a program prints on stdout; null when it cannot be started, fails, takes too long or prints too much. */
export function runBriefly(file: string, args: readonly string[], { env, cwd, msMax }: Brief): Promise<string | null> {
  return new Promise((settle) => {
    // A group of its own, so that what a wrapper starts is ended with it.
    const child = start(file, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    if (child === null) return settle(null);
    let output = '';
    let isGood = false;
    const end = (result: string | null): void => {
      clearTimeout(timer);
      endGroup(child.pid);
      child.stdout?.destroy();
      settle(result);
    };
    const timer = setTimeout(() => end(isGood ? output : null), msMax);
    // Without a descriptor there is no pipe, and an error follows.
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.length > OUTPUT_CHARACTERS_MAX) end(null);
    });
    child.once('error', () => end(null));
    // Whoever it left behind would hold the pipe open.
    child.once('exit', (code) => {
      isGood = code === 0;
      endGroup(child.pid);
    });
    // `close`, not `exit`: by then everything that it wrote has been read.
    child.once('close', () => end(isGood ? output : null));
  });
}

/** What the system refuses comes as an event or is thrown (no memory, too many arguments): null then. */
function start(file: string, args: readonly string[], options: SpawnOptions): ChildProcess | null {
  try {
    return spawn(file, args, options);
  } catch {
    // The answer is that there is none.
    return null;
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left, which is what was wanted.
  }
}
