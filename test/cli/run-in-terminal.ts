import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { MAIN } from './run-cli.ts';
import type { CliOptions } from './run-cli.ts';

export type InTerminal = {
  /** All that stands on the screen so far: stdout and stderr, as a person sees them. */
  readonly screen: () => string;
  readonly type: (keys: string) => void;
  readonly ended: Promise<{ readonly code: number | null; readonly screen: string }>;
};

/**
 * A pseudo-terminal of so many columns (its size is set before the program begins) that passes keys in and the screen
 * out, and ends as the program in it ended.
 */
const PTY = `
import fcntl, os, pty, select, struct, sys, termios
columns, command = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 40, columns, 0, 0))
    os.execvp(command[0], command)
inputs = [terminal, 0]
while True:
    for ready in select.select(inputs, [], [])[0]:
        try:
            data = os.read(ready, 65536)
        except OSError:
            data = b''
        if data:
            os.write(1 if ready == terminal else terminal, data)
        elif ready == 0:
            inputs.remove(0)
        else:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            sys.exit(status if status >= 0 else 128 - status)
`;

/** Starts a program in it, with exactly this environment. */
export function startProgramInTerminal(
  columns: number,
  command: readonly string[],
  { cwd, env }: { readonly cwd?: string; readonly env: Readonly<Record<string, string | undefined>> },
): InTerminal {
  const child = spawn('python3', ['-c', PTY, String(columns), ...command], {
    ...(cwd === undefined ? {} : { cwd }),
    // Python would mend a locale that is to stay as it is.
    env: { ...env, PYTHONCOERCECLOCALE: '0' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  let printed = '';
  const screen = (): string => printed.replaceAll('\r\n', '\n');
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stdin.on('error', () => undefined);
  return {
    screen,
    type: (keys) => void child.stdin.write(keys),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, screen: screen() }));
    }),
  };
}

/** Starts the compiled program in it. */
export const startInTerminal = (columns: number, args: readonly string[], { home, cwd, env }: CliOptions): InTerminal =>
  startProgramInTerminal(columns, [process.execPath, MAIN, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8', ...env, AGENTVISOR_HOME: home },
  });

/** Runs it to its end. */
export const runInTerminal = (
  columns: number,
  args: readonly string[],
  options: CliOptions,
): Promise<{ readonly code: number | null; readonly screen: string }> => startInTerminal(columns, args, options).ended;
