import { spawn, spawnSync } from 'node:child_process';

export type Command = {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
};

/** All that a program of the bench sees of the machine; nobody's settings, accounts or homes. */
export const plainEnv = (folder: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: folder,
  LANG: 'C.UTF-8',
});

/** Runs it to its end; its stdout. @throws when it does not end with 0 */
export function run({ argv, env, cwd }: Command): Promise<string> {
  const [file, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${argv.join(' ').slice(0, 200)} ended with ${code}: ${(stderr || stdout).slice(-500)}`));
    });
  });
}

/** From the spawn to the end, in ms; as short a way as Node has. @throws when it does not end with 0 */
export function timeOf({ argv, env, cwd }: Command): number {
  const [file, ...args] = argv;
  const begun = performance.now();
  const { status, stderr } = spawnSync(file, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const took = performance.now() - begun;
  if (status !== 0)
    throw new Error(`${argv.join(' ').slice(0, 200)} ended with ${status}: ${stderr.toString().slice(-500)}`);
  return took;
}
