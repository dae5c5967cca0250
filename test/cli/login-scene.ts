import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { MAIN, runCli, type CliResult } from './run-cli.ts';

const STAND_IN = join(import.meta.dirname, '../stand-in/sign-in.mjs');
export const GOOD_CODE = 'good-code#state';

/** What the stand-in saw of its world. */
export type Seen = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly pid: number;
  readonly child: number | null;
  readonly columns: number;
};

export type Scene = {
  readonly dir: string;
  readonly home: string;
  readonly userHome: string;
  /** The temporary folder of the sign-in. */
  readonly tmp: string;
  readonly env: Readonly<Record<string, string>>;
  av(...args: string[]): Promise<CliResult>;
  avWith(input: string, ...args: string[]): Promise<CliResult>;
  begin(...args: string[]): Begun;
  /** The same, with nobody who reads its stdout. */
  beginUnread(...args: string[]): Begun;
  seen(): Seen;
  declare(credentials: Readonly<Record<string, unknown>>): void;
  /** `max` in a file, and one agent that is given it and asks nobody anything. */
  declareIdle(): void;
  /** Texts of all files below a folder, its own sockets left out. */
  textsBelow(folder: string): string;
};

export type Begun = {
  readonly pid: number;
  /** Settles when a JSON line with this step has come. */
  step(name: string): Promise<Record<string, unknown>>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<CliResult>;
};

/** A machine on which one credential, `max`, is declared and nothing was ever started. */
export function loginScene(variant: string, secret: string): Scene {
  const dir = temporaryFolder();
  const [home, userHome, tmp, bin] = ['home', 'user', 'tmp', 'bin'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [userHome, tmp, bin]) mkdirSync(folder);
  const seenFile = join(dir, 'seen.json');
  const words = [process.execPath, STAND_IN, variant, seenFile, secret].map((word) => `'${word}'`).join(' ');
  writeFileSync(join(bin, 'claude'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  const declare: Scene['declare'] = (credentials) =>
    writeFileSync(join(dir, 'ecosystem.json'), JSON.stringify({ credentials, agents: [{ name: 'a', cwd: '.' }] }));
  declare({ max: { type: 'oauth-token', from: { file: './max.token' } } });
  const declareIdle = (): void => {
    const credentials = { max: { type: 'oauth-token', from: { file: './max.token' } } };
    const agent = { name: 'a', cwd: '.', mode: 'command', command: ['sleep', '3000'], credential: 'max' };
    writeFileSync(join(dir, 'ecosystem.json'), JSON.stringify({ credentials, agents: [agent] }));
  };
  const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: userHome, TMPDIR: tmp, LANG: 'C.UTF-8' };
  const avWith: Scene['avWith'] = (input, ...args) => runCli(args, { home, cwd: dir, env, input });
  return {
    dir,
    home,
    userHome,
    tmp,
    env,
    av: (...args) => avWith('', ...args),
    avWith,
    begin: (...args) => begin(args, { home, dir, env }, true),
    beginUnread: (...args) => begin(args, { home, dir, env }, false),
    seen: () => JSON.parse(readFileSync(seenFile, 'utf8')) as Seen,
    declare,
    declareIdle,
    textsBelow,
  };
}

function begin(
  args: readonly string[],
  { home, dir, env }: Pick<Scene, 'home' | 'dir' | 'env'>,
  isRead: boolean,
): Begun {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: dir,
    env: { ...env, AGENTVISOR_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (!isRead) child.stdout.destroy();
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    waiting.forEach((look) => look());
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const lines = (): Record<string, unknown>[] =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ended = new Promise<CliResult>((done) => child.on('close', (code) => done({ code, stdout, stderr })));
  return {
    pid: child.pid ?? 0,
    step: (name) =>
      new Promise((done, fail) => {
        const look = (): void => {
          const found = lines().find(({ step }) => step === name);
          if (found !== undefined) done(found);
        };
        waiting.add(look);
        look();
        void ended.then((result) => fail(new Error(`it ended before ${name}: ${JSON.stringify(result)}`)));
      }),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

function textsBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

/** Nothing is left of a sign-in: no process, no folder, no socket. */
export async function expectNothingLeft(scene: Scene): Promise<void> {
  const { pid, child } = scene.seen();
  expect(readdirSync(scene.tmp)).toEqual([]);
  expect(readdirSync(scene.home)).not.toContain('login.sock');
  // Who was killed in the last moment of its starter dies a moment after it.
  await expect.poll(() => [pid, child].filter((each) => each !== null && isAlive(each))).toEqual([]);
}

/** A zombie that nobody has collected yet is none. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // There is no such process.
    return false;
  }
}

/** The command lines of all processes of this machine. */
export const commandLines = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        // It ended meanwhile.
        return '';
      }
    })
    .join('\n');
