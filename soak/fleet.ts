import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withClient, type Client } from '../src/client/client.ts';
import { readStat } from '../src/home/proc-stat.ts';
import { messageOf } from '../src/kernel/ids.ts';
import { heldBy, probed, type Held } from '../test/faults/probe.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'dist/cli/main.js');

/** Fifty agents: two hold conversations, the others are as small as an agent can be. */
const TALKERS = ['t0', 't1'];
const QUIET = Array.from({ length: 48 }, (_, index) => `a${index}`);
/** So many restarts of quiet agents in a busy minute. */
const RESTARTS = 10;

/** A throw-away home with a daemon of its own and fifty agents that are nobody's account. */
export type Fleet = {
  /** Hundredths of a second that the daemon has used of a processor. */
  cpuTicks(): number;
  held(): Promise<Held>;
  /** Turns whose output makes their log be cut, and restarts. */
  work(round: number): Promise<void>;
  /** Who is not up. */
  down(): Promise<readonly string[]>;
  /** Ends agents and daemon, and removes all of it. */
  close(): Promise<void>;
};

export async function openFleet(): Promise<Fleet> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'agentvisor-soak-')));
  const home = join(dir, 'home');
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(dir, 'user'), LANG: 'C.UTF-8', AGENTVISOR_HOME: home };
  const file = writeEcosystem(dir);
  const probe = join(dir, 'probe.json');
  const { nodeArgs, env: probeEnv } = probed(probe);
  const daemon = spawn(process.execPath, [...nodeArgs, MAIN, 'daemon', 'run'], {
    env: { ...env, ...probeEnv },
    // A ctrl-c is for us alone: the daemon is ended behind it, with its agents.
    detached: true,
    stdio: 'inherit',
  });
  const ended = once(daemon, 'exit');
  const { pid = 0 } = daemon;
  const av = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: dir, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`agentvisor ${args.join(' ')} ended with ${status}: ${stderr}`);
  };
  const ask = <T>(use: (client: Client) => Promise<T>): Promise<T> => withClient(home, use);
  const close = async (): Promise<void> => {
    av('kill');
    await ended;
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    while (!(await isUp(ask))) {
      if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}`);
      await sleep(50);
    }
    av('start', file);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    cpuTicks: () => readStat(pid)?.cpuTicks ?? Number.NaN,
    held: () => heldBy(pid, probe),
    work: (round) => ask((client) => work(client, round)),
    down: async () => {
      const rows = await ask((client) => client.call('list', { targets: ['all'] }));
      return rows.filter(({ state }) => state !== 'running').map(({ name, state }) => `${name} is ${state}`);
    },
    close,
  };
}

const isUp = (ask: (use: (client: Client) => Promise<unknown>) => Promise<unknown>): Promise<boolean> =>
  ask((client) => client.call('ping', {})).then(
    () => true,
    () => false,
  );

function writeEcosystem(dir: string): string {
  const script = join(dir, 'script.json');
  writeFileSync(script, JSON.stringify({ faults: [{ do: { flood: { mb: 2 } } }] }));
  for (const folder of ['user', ...QUIET, ...TALKERS]) mkdirSync(join(dir, folder));
  const tiny = join(ROOT, 'test/faults/tiny-agent.sh');
  const talker = { claude: { bin: join(ROOT, 'examples/stand-in/claude.mjs') }, env: { STAND_IN_SCRIPT: script } };
  const ecosystem = {
    defaults: { log: { maxSize: '1MB', keep: 1, total: '10MB' } },
    agents: [
      ...QUIET.map((name) => ({ name, cwd: `./${name}`, claude: { bin: tiny } })),
      ...TALKERS.map((name) => ({ name, cwd: `./${name}`, ...talker })),
    ],
  };
  const file = join(dir, 'ecosystem.json');
  writeFileSync(file, JSON.stringify(ecosystem));
  return file;
}

async function work(client: Client, round: number): Promise<void> {
  for (const agent of TALKERS) {
    const { id } = await client.call('send', { agent, text: `round ${round}`, id: messageOf(randomUUID()) });
    const { state, detail } = await client.call('outcome', { agent, id });
    if (state !== 'answered') throw new Error(`the message of ${agent} was not answered but ${state}: ${detail}`);
  }
  const targets = [
    ...TALKERS,
    ...Array.from({ length: RESTARTS }, (_, index) => QUIET[(round * RESTARTS + index) % QUIET.length] ?? ''),
  ];
  const results = await client.call('restart', { targets, how: 'now', reason: null });
  const failed = results.filter(({ ok }) => !ok);
  if (failed.length > 0) throw new Error(`not restarted: ${JSON.stringify(failed)}`);
}
