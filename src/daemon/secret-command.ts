import { execFile, type ChildProcess } from 'node:child_process';

/** How long a command that gives a secret may take. */
export const COMMAND_MS_MAX = 30_000;
/** How long after that it may take to end by itself. */
const KILL_MS = 1_000;

export type CommandOutcome =
  | { readonly ok: true; readonly stdout: string }
  | { readonly ok: false; /** For people. */ readonly how: string };

/** They end with the daemon. */
const running = new Set<ChildProcess>();
const endAll = (): void => running.forEach((child) => child.kill());

/**
 * What a command prints, which may be a secret; of its failure neither output nor arguments, which may hold it, too. Node's own
 * `execFile` and not a package around it: without a descriptor `spawn` gives a child without pipes and tells it by an `error`
 * event (Node 20.20). execa 9.6 trips over the missing pipes before it listens, and the event ends the process.
 */
export async function outputOf(command: readonly string[], cwd: string): Promise<CommandOutcome> {
  const [file = '', ...args] = command;
  if (!process.listeners('exit').includes(endAll)) process.on('exit', endAll);
  try {
    return { ok: true, stdout: await run(file, args, cwd) };
  } catch (error) {
    return { ok: false, how: howItEnded(error) };
  }
}

function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((settle, refuse) => {
    const child = execFile(file, args, { cwd, timeout: COMMAND_MS_MAX, encoding: 'utf8' }, (error, stdout) => {
      clearTimeout(kill);
      running.delete(child);
      if (error === null) settle(stdout);
      else refuse(error);
    });
    const kill = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS_MAX + KILL_MS);
    running.add(child);
    // It is told nothing, and may not wait for it. Without a descriptor there is no pipe.
    child.stdin?.on('error', () => undefined).end();
  });
}

function howItEnded(error: unknown): string {
  const { killed, code, signal } = error as { killed?: boolean; code?: number | string | null; signal?: string | null };
  if (killed === true && code === null) return `took longer than ${COMMAND_MS_MAX / 1_000} s`;
  return `ended with ${code ?? signal ?? 'an error'}`;
}
