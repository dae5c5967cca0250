import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentRow } from '../../src/protocol/rows.ts';
import { bearersUnder } from '../box.ts';
import { HELLO, fakeDaemon } from './fake-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { MAIN, runCli } from './run-cli.ts';
import type { CliOptions, CliResult } from './run-cli.ts';

/** A cold home and a folder with an ecosystem file, and the real daemon, which is ended after the test. */
function session(agents: readonly object[]) {
  const cwd = temporaryFolder();
  const home = join(cwd, 'home');
  writeFileSync(join(cwd, 'ecosystem.json'), JSON.stringify({ agents }));
  const run = (args: readonly string[], options: Partial<CliOptions> = {}): Promise<CliResult> =>
    runCli(args, { home, cwd, ...options });
  onTestFinished(() => run(['kill']).then(() => undefined));
  const rows = async (): Promise<readonly AgentRow[]> =>
    JSON.parse((await run(['list', '--json'])).stdout) as readonly AgentRow[];
  return { cwd, home, run, rows };
}

const sleeper = (name: string): object => ({ name, mode: 'command', command: ['sleep', '3600'] });
const isAlive = (pid: number | null): boolean => pid !== null && existsSync(`/proc/${pid}`);

test('start, list, stop, start, restart, delete, kill: what each says is so', async () => {
  const { run, rows } = session([sleeper('a'), sleeper('b')]);
  expect(await run(['start'])).toMatchObject({ code: 0, stdout: 'a new\nb new\n' });
  const [a, b] = await rows();
  expect([a?.state, b?.state, isAlive(a?.pid ?? null), isAlive(b?.pid ?? null)]).toEqual([
    'running',
    'running',
    true,
    true,
  ]);

  expect((await run(['stop', 'a'])).code).toBe(0);
  expect((await rows()).map(({ state }) => state)).toEqual(['stopped', 'running']);
  expect(isAlive(a?.pid ?? null)).toBe(false);
  expect((await run(['wait', 'a', '--for', 'down', '--timeout', '1s'])).code).toBe(0);
  expect((await run(['wait', 'a', '--for', 'up', '--timeout', '100ms'])).code).toBe(6);

  expect((await run(['start', 'a'])).code).toBe(0);
  expect((await run(['restart', 'b', '--reason', 'a test'])).code).toBe(0);
  const renewed = await rows();
  expect(renewed.map(({ state }) => state)).toEqual(['running', 'running']);
  expect(renewed[1]?.pid).not.toBe(b?.pid);

  expect((await run(['rm', 'a'])).code).toBe(0);
  expect((await rows()).map(({ name }) => name)).toEqual(['b']);
  expect((await run(['kill'])).code).toBe(0);
  expect(isAlive(renewed[1]?.pid ?? null)).toBe(false);
});

test('a command agent that is up is as healthy as it will ever be: nobody waits for it in vain', async () => {
  const { run } = session([sleeper('a')]);
  await run(['start']);
  expect(await run(['wait', 'all', '--for', 'healthy', '--timeout', '100ms'])).toMatchObject({ code: 0, stderr: '' });
});

test('starting the same file again changes nothing', async () => {
  const { run, rows } = session([sleeper('a')]);
  await run(['start']);
  const before = await rows();
  expect(await run(['start'])).toMatchObject({ code: 0, stdout: 'a same\n' });
  expect((await rows())[0]?.pid).toBe(before[0]?.pid);
});

test('one agent that cannot start makes 5, none that can makes 1, each with its cause, and stays listed', async () => {
  const broken = { name: 'broken', mode: 'command', command: ['/nowhere/at/all'] };
  const some = session([sleeper('a'), broken]);
  const started = await some.run(['start']);
  expect(started).toMatchObject({ code: 5, stdout: 'a new\n' });
  expect(started.stderr).toMatch(/^agentvisor: broken failed \(spawn-failed: .*\/nowhere\/at\/all/m);
  expect((await some.rows()).map(({ name }) => name)).toEqual(['a', 'broken']);
  expect((await session([broken]).run(['start'])).code).toBe(1);
});

test('eight CLIs at once on a cold home: one daemon, eight right answers', async () => {
  const { home, run } = session([sleeper('a'), sleeper('b')]);
  const answers = await Promise.all(Array.from({ length: 8 }, () => run(['start', '--json'])));
  for (const { code, stdout } of answers) {
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'a', ok: true },
      { name: 'b', ok: true },
    ]);
  }
  const pings = await Promise.all(Array.from({ length: 8 }, () => run(['ping', '--json'])));
  const pids = new Set(pings.map(({ stdout }) => (JSON.parse(stdout) as { pid: number }).pid));
  expect(pids.size).toBe(1);
  expect(JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8'))).toMatchObject({ pid: [...pids][0] });
  // Keeper, daemon, and two agents with their shims: whoever else came has gone, and nobody had taken the home from somebody.
  await expect.poll(() => bearersUnder(home).length, { timeout: 10_000 }).toBe(6);
  expect(readFileSync(join(home, 'daemon.log'), 'utf8')).toBe('');
});

test('daemon stop leaves the agents running; list then answers from the files with 3, and a new daemon finds them', async () => {
  const { run, rows } = session([sleeper('a')]);
  await run(['start']);
  const [before] = await rows();
  expect((await run(['daemon', 'stop'])).code).toBe(0);
  expect(isAlive(before?.pid ?? null)).toBe(true);

  const offline = await run(['list', '--json']);
  expect(offline).toMatchObject({ code: 3, stderr: 'agentvisor: daemon not running, 1 agent alive\n' });
  expect(JSON.parse(offline.stdout)).toMatchObject([{ name: 'a', state: 'running', pid: before?.pid }]);

  expect((await run(['daemon', 'restart'])).code).toBe(0);
  expect(await rows()).toMatchObject([{ name: 'a', state: 'running', pid: before?.pid }]);
});

test('kill without a daemon starts one to stop the agents that are alive', async () => {
  const { run, rows } = session([sleeper('a')]);
  await run(['start']);
  const [before] = await rows();
  await run(['daemon', 'stop']);
  expect((await run(['kill'])).code).toBe(0);
  expect(isAlive(before?.pid ?? null)).toBe(false);
  expect((await run(['ping'])).code).toBe(3);
});

test('a daemon that is killed is back by its keeper, and the agent was not touched', async () => {
  const { run, rows } = session([sleeper('a')]);
  await run(['start']);
  const [before] = await rows();
  const { pid } = JSON.parse((await run(['ping', '--json'])).stdout) as { pid: number };
  process.kill(pid, 'SIGKILL');
  const isBack = async (): Promise<boolean> => {
    const { code, stdout } = await run(['ping', '--json']);
    return code === 0 && (JSON.parse(stdout) as { pid: number }).pid !== pid;
  };
  await expect.poll(isBack, { timeout: 10_000 }).toBe(true);
  expect(await rows()).toMatchObject([{ name: 'a', pid: before?.pid, state: 'running' }]);
});

test('a command agent takes no messages: refused with 9', async () => {
  const { run } = session([sleeper('a')]);
  await run(['start']);
  const { code, stdout, stderr } = await run(['send', 'a', 'hello']);
  expect({ code, stdout }).toEqual({ code: 9, stdout: '' });
  expect(stderr).toMatch(/^agentvisor: [^\n]+\n$/);
});

test('a home with a long path has its socket elsewhere, and a CLI with another environment finds it', async () => {
  const { cwd, run } = session([sleeper('a')]);
  const home = join(cwd, 'h'.repeat(100), 'home');
  onTestFinished(() => run(['kill'], { home }).then(() => undefined));
  expect(await run(['start'], { home, env: { XDG_RUNTIME_DIR: cwd } })).toMatchObject({ code: 0, stdout: 'a new\n' });
  expect(existsSync(join(home, 'daemon.sock'))).toBe(false);
  expect((await run(['list', '--json'], { home })).code).toBe(0);
});

test('daemon run stays in the foreground; TERM ends it with 0 and leaves the agents', async () => {
  const { cwd, home, run, rows } = session([sleeper('a')]);
  const env = { PATH: process.env['PATH'], HOME: cwd, AGENTVISOR_HOME: home };
  const daemon = spawn(process.execPath, [MAIN, 'daemon', 'run'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => daemon.once('exit', resolve));
  await expect.poll(async () => (await run(['ping'])).code, { timeout: 10_000 }).toBe(0);
  expect(JSON.parse((await run(['ping', '--json'])).stdout)).toMatchObject({ pid: daemon.pid });
  await run(['start']);
  const [agent] = await rows();
  daemon.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(isAlive(agent?.pid ?? null)).toBe(true);
});

test('daemon restart also replaces a daemon of another version, which it cannot speak with', async () => {
  const { home, run } = session([]);
  mkdirSync(home, { mode: 0o700 });
  const old = spawn('sleep', ['3600'], { stdio: 'ignore' });
  const server = await fakeDaemon(home, (method) =>
    method === 'hello' ? { ...HELLO, protocol: 99, version: '9.0.0', pid: old.pid } : undefined,
  );
  old.once('exit', () => void server.close());
  expect((await run(['daemon', 'restart'])).code).toBe(0);
  expect(old.signalCode).toBe('SIGTERM');
  expect(JSON.parse((await run(['daemon', '--json'])).stdout)).toMatchObject({ home, agents: 0 });
});
