import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withClient } from '../../src/client/client.ts';
import type { Failpoint } from '../../src/daemon/failpoint.ts';
import { TOKEN, type Box } from '../box.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/daemon/main.js', import.meta.url));
/** Between two looks whether it answers. */
const LOOK_MS = 5;

/** Where it dies: at the n-th time that it comes there. */
export type Death = {
  readonly point: Failpoint;
  readonly hit: number;
  /** A power cut: this share (0 to 1) of what of the journal is not on the disk is left of it. */
  readonly kept?: number;
};

/** A daemon without a keeper that says what it is at, and dies where it is told. One that lives at the end goes with its box. */
export type DyingDaemon = {
  readonly pid: number;
  /** Settles when it is dead. */
  readonly dead: Promise<void>;
  isDead(): boolean;
  /** Settles when it answers; false: it has died before. */
  answers(): Promise<boolean>;
  /** Settles when it is dead. */
  kill(): Promise<void>;
  /** All points that it came by, each with what it was about. */
  trace(): readonly Reached[];
  /** What it complained of. */
  said(): string;
};

export type Reached = { readonly point: string; readonly subject: string };

/** What makes Node load the failpoints of the tests. */
const FAILPOINTS = ['--conditions=agentvisor-test'];

/** @param options of Node; without the condition in them it is a daemon as it is released */
export function dyingDaemon(box: Box, death?: Death, options: readonly string[] = FAILPOINTS): DyingDaemon {
  const traceFile = join(box.dir, `trace-${performance.now()}`);
  const fatal = death === undefined ? {} : { AGENTVISOR_TEST_DEATH: orderOf(death) };
  const child = spawn(process.execPath, [...options, PROGRAM], {
    env: {
      PATH: process.env['PATH'],
      HOME: box.userHome,
      TEST_TOKEN: TOKEN,
      AGENTVISOR_HOME: box.home,
      AGENTVISOR_TEST_TRACE: traceFile,
      ...fatal,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const isDead = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const dead = once(child, 'exit').then(() => undefined);
  const pid = child.pid ?? 0;
  return {
    pid,
    dead,
    isDead,
    answers: async () => {
      while (!isDead() && (await answeringPid(box)) !== pid) await sleep(LOOK_MS);
      return !isDead();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await dead;
    },
    trace: () => (existsSync(traceFile) ? readFileSync(traceFile, 'utf8') : '').split('\n').flatMap(reachedIn),
    said: () => said,
  };
}

/** A daemon that must come up. */
export async function livingDaemon(box: Box, death?: Death): Promise<DyingDaemon> {
  const daemon = dyingDaemon(box, death);
  if (!(await daemon.answers())) throw new Error(`the daemon has died: ${daemon.said()}`);
  return daemon;
}

/** What was begun and has not ended, at the end of a trace. */
export function underWay(trace: readonly Reached[]): readonly string[] {
  const open = new Set<string>();
  for (const { point, subject } of trace) {
    const [activity = '', place] = point.split(':');
    if (place === 'begin') open.add(`${activity} ${subject}`);
    else if (place === 'end') open.delete(`${activity} ${subject}`);
  }
  return [...new Set([...open].map((one) => one.split(' ')[0] ?? ''))];
}

const orderOf = ({ point, hit, kept }: Death): string => [point, hit, ...(kept === undefined ? [] : [kept])].join(' ');

function reachedIn(line: string): Reached[] {
  const [point = '', ...subject] = line.split(' ');
  return point === '' ? [] : [{ point, subject: subject.join(' ') }];
}

const answeringPid = (box: Box): Promise<number | null> =>
  withClient(box.home, (client) => client.call('ping', {})).then(
    ({ pid }) => pid,
    () => null,
  );
