import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openClient, type Client } from '../src/client/client.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'dist/cli/main.js');

/** A throw-away home with a real daemon in it, and a HOME for its agents. */
export type Stage = {
  readonly folder: string;
  readonly home: string;
  /** Runs the compiled command line to its end; rejects unless it exits 0. */
  av(...args: string[]): Promise<void>;
  client(): Client;
  /** Ends everything that runs and removes the folder, unless it is to be kept. */
  clear(): Promise<void>;
};

export function openStage(keep: string | undefined): Stage {
  build();
  const folder = keep === undefined ? mkdtempSync(join(realpathSync(tmpdir()), 'agentvisor-demo-')) : emptyFolder(keep);
  const home = join(folder, 'home');
  const userHome = join(folder, 'user');
  mkdirSync(userHome);
  const running = new Set<Promise<void>>();
  const clients: Client[] = [];
  let isClearing = false;

  function run(...args: string[]): Promise<void> {
    const child = runCli(args, home, userHome);
    running.add(child);
    const forget = (): boolean => running.delete(child);
    child.then(forget, forget);
    return child;
  }

  return {
    folder,
    home,
    av: (...args) => (isClearing ? Promise.reject(new Error('the demo is over')) : run(...args)),
    client: () => {
      const client = openClient(home);
      clients.push(client);
      return client;
    },
    clear: async () => {
      isClearing = true;
      for (const client of clients) client.close();
      // Who starts a daemon at this moment has started it by then, and `kill` finds it.
      await Promise.allSettled(running);
      await run('kill');
      if (keep === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Its own session: Ctrl-C is for the demo, which ends what it has started in order. */
function runCli(args: readonly string[], home: string, userHome: string): Promise<void> {
  const { PATH, LANG, TMPDIR, XDG_RUNTIME_DIR } = process.env;
  const env = { PATH, LANG, TMPDIR, XDG_RUNTIME_DIR, HOME: userHome, AGENTVISOR_HOME: home };
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: ROOT,
      detached: true,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done();
      else fail(new Error(`agentvisor ${args.join(' ')} ended with ${code}\n${words}`.trim()));
    });
  });
}

function emptyFolder(keep: string): string {
  const folder = resolve(keep);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`);
  mkdirSync(folder, { recursive: true });
  return realpathSync(folder);
}

/** `npm install` has built it, unless it was told to run no scripts. */
function build(): void {
  if (existsSync(MAIN)) return;
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('agentvisor could not be built');
}
