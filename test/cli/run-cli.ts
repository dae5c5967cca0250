import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The compiled program, as users run it. */
export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export type CliOptions = {
  readonly home: string;
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
};

export type CliResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs it to its end. */
export function runCli(args: readonly string[], { home, cwd, input, env }: CliOptions): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { PATH: process.env['PATH'], HOME: home, ...env, AGENTVISOR_HOME: home },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // A program that does not read its input closes the pipe, which is its right.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}
