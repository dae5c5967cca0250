import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { piecesOf } from '../src/home/log-pieces.ts';
import type { AgentRow, EventRow, IncidentRow } from '../src/protocol/rows.ts';
import { openClient, type Client } from '../src/client/client.ts';
import { runCli, type CliResult } from './cli/run-cli.ts';

/** A setup-token's shape; nobody's token. */
export const TOKEN = `sk-ant-oat01-${'t0ken'.repeat(19)}`;

/**
 * A machine of its own for one test: a home of agentvisor, a HOME of the agents, a folder for the ecosystem file. When
 * the test ends everything is ended and it is checked that nobody is left.
 */
export type Box = {
  readonly dir: string;
  readonly home: string;
  /** HOME of the agents. */
  readonly userHome: string;
  /** Writes `ecosystem.json` and a folder for each agent; gives the file's path. */
  write(ecosystem: Ecosystem): string;
  /** Runs the compiled command line to its end. */
  av(...args: string[]): Promise<CliResult>;
  /** The same; fails the test unless it exits 0. */
  ok(...args: string[]): Promise<string>;
  avWith(
    options: { env?: Record<string, string>; input?: string; cwd?: string },
    ...args: string[]
  ): Promise<CliResult>;
  row(name: string): Promise<AgentRow>;
  rows(): Promise<AgentRow[]>;
  incidents(): Promise<IncidentRow[]>;
  client(): Client;
  /** The next event, past or future, of which it is true. */
  event(predicate: (event: EventRow) => boolean): Promise<EventRow>;
  /** The next state of an agent, present or future, of which it is true. */
  until(name: string, predicate: (row: AgentRow) => boolean): Promise<AgentRow>;
  /** Lines of all runs of an agent, oldest run first. */
  stdout(name: string): string[];
  daemonPid(): number;
};

export type Ecosystem = {
  readonly credentials?: Record<string, unknown>;
  readonly notify?: readonly unknown[];
  readonly defaults?: Record<string, unknown>;
  readonly agents: readonly (Record<string, unknown> & { readonly name: string })[];
};

export function box(): Box {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'av-')));
  const home = join(dir, 'home');
  const userHome = join(dir, 'user');
  mkdirSync(userHome);
  const clients: Client[] = [];
  const avWith: Box['avWith'] = ({ env, input, cwd }, ...args) =>
    runCli(args, {
      home,
      cwd: cwd ?? dir,
      ...(input === undefined ? {} : { input }),
      env: { HOME: userHome, LANG: 'C.UTF-8', TEST_TOKEN: TOKEN, ...env },
    });
  const av: Box['av'] = (...args) => avWith({}, ...args);
  const ok: Box['ok'] = async (...args) => {
    const result = await av(...args);
    expect(result, `agentvisor ${args.join(' ')}`).toMatchObject({ code: 0 });
    return result.stdout;
  };
  const client = (): Client => {
    const opened = openClient(home);
    clients.push(opened);
    return opened;
  };
  onTestFinished(async () => {
    clients.forEach((opened) => opened.close());
    const killed = await av('kill');
    const left = [...bearersOf(home, RUN), ...(await stillThere(home))];
    left.forEach((pid) => process.kill(pid, 'SIGKILL'));
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    expect({ left, code: killed.code, stderr: killed.code === 0 ? '' : killed.stderr }).toEqual({
      left: [],
      code: 0,
      stderr: '',
    });
  });
  const rows = async (): Promise<AgentRow[]> => JSON.parse((await av('list', '--json')).stdout) as AgentRow[];
  const row = async (name: string): Promise<AgentRow> => {
    const found = (await rows()).find((each) => each.name === name);
    if (found === undefined) throw new Error(`no agent ${name} is listed`);
    return found;
  };
  return {
    dir,
    home,
    userHome,
    write: (ecosystem) => {
      for (const { name } of ecosystem.agents) mkdirSync(join(dir, name), { recursive: true });
      const file = join(dir, 'ecosystem.json');
      writeFileSync(file, JSON.stringify(ecosystem));
      return file;
    },
    av,
    ok,
    avWith,
    row,
    rows,
    incidents: async () => JSON.parse((await av('incidents', '--json')).stdout) as IncidentRow[],
    client,
    event: (predicate) => firstEvent(client(), predicate),
    until: (name, predicate) => firstRow(client(), name, predicate),
    stdout: (name) => stdoutLines(join(home, 'agents', name, 'runs')),
    daemonPid: () => (JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8')) as { pid: number }).pid,
  };
}

async function firstEvent(client: Client, predicate: (event: EventRow) => boolean): Promise<EventRow> {
  // What is still under way when it is found, and goes with the connection, no longer matters.
  const found = new Promise<EventRow>((done, fail) => {
    void client
      .subscribe((notification) => {
        if (notification.method === 'event' && predicate(notification.params)) done(notification.params);
      })
      .then(() => client.call('events', { lines: 10_000 }))
      .then((past) => past.filter(predicate).slice(0, 1).forEach(done))
      .catch(fail);
  });
  const event = await found;
  client.close();
  return event;
}

async function firstRow(client: Client, name: string, predicate: (row: AgentRow) => boolean): Promise<AgentRow> {
  const row = await new Promise<AgentRow>((done, fail) => {
    const offer = (candidate: AgentRow): void => {
      if (candidate.name === name && predicate(candidate)) done(candidate);
    };
    void client
      .subscribe((notification) => {
        if (notification.method === 'agent') offer(notification.params);
      })
      .then(({ agents }) => agents.forEach(offer))
      .catch(fail);
  });
  client.close();
  return row;
}

function stdoutLines(runs: string): string[] {
  return (
    readdirSync(runs)
      .toSorted()
      // A daemon that was killed before it had started a process has left a folder without one.
      .flatMap((run) => piecesOf(join(runs, run, 'stdout.ndjson')))
      .map(({ path }) => readFileSync(path, 'utf8'))
      .join('')
      .split('\n')
      .filter((line) => line !== '')
  );
}

/** How long somebody who was being told a notice may take to its end: a delivery outlives its daemon, and ends by itself. */
const DELIVERY_MS_MAX = 10_000;

/** The daemon, its keeper and deliveries of notices that do not end. */
async function stillThere(home: string): Promise<number[]> {
  let left = bearersOf(home, HOME, DELIVERY);
  await expect
    .poll(() => (left = bearersOf(home, HOME, DELIVERY)), { timeout: DELIVERY_MS_MAX })
    .toEqual([])
    .catch(() => undefined);
  return left;
}

/** Also of a single agent's folder. */
const ANY_RUN = (folder: string): string => `AGENTVISOR_RUN=${folder}/`;
const RUN = (home: string): string => `AGENTVISOR_RUN=${home}/agents/`;
const DELIVERY = (home: string): string => `AGENTVISOR_RUN=${home}/state/`;
const HOME = (home: string): string => `AGENTVISOR_HOME=${home}\0`;

/** Processes that carry a cookie of this home, or are its daemon or keeper. */
export const bearersUnder = (home: string): number[] => bearersOf(home, ANY_RUN, HOME);

function bearersOf(home: string, ...kinds: readonly ((home: string) => string)[]): number[] {
  const marks = kinds.map((kind) => kind(home));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const environ = `${readFileSync(`/proc/${pid}/environ`, 'utf8')}\0`;
        const isZombie = /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        return !isZombie && marks.some((mark) => environ.includes(mark));
      } catch {
        // It ended meanwhile, or belongs to somebody else.
        return false;
      }
    })
    .map(Number);
}
