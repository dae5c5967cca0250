import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentProgram } from '../agents.ts';
import { ask } from '../ask.ts';
import type { Bench } from '../bench.ts';
import { Ear, makeFifo, tell } from '../fifo.ts';
import { goalAtMost, type Measure } from '../measure.ts';
import { homeIn } from '../peers/agentvisor.ts';
import { floor } from '../peers/floor.ts';
import type { Held, Peer } from '../peers/peer.ts';
import { plainEnv, run } from '../run.ts';
import { readStat } from '../../src/home/proc-stat.ts';
import { spreadOf } from '../statistics.ts';
import { openClient } from '../../src/client/client.ts';

/** s6 starts nobody twice within a second. */
const ALIVE_MS_MIN = 1_100;
const NS = 1e6;
const END_NS_MAX = 5_000_000_000n;

type Watched = {
  /** Sampled in one of so many turns: what takes a second each time would take the run all its minutes. */
  readonly every: number;
  readonly rows: readonly { readonly who: string; readonly samples: number[] }[];
  /** Makes the turn of the agent fail that is ready now; settles when it is ready again. */
  fail(): Promise<void>;
  close(): Promise<void>;
};

export const signal: Measure = {
  id: 'signal',
  title: 'Failed result to signal',
  how: `An agent writes a \`result\` that failed with 401, as it was recorded of Claude Code: from before the write until the first signal has reached it.
The peers are watched as people do it today, \`tail -F LOG | grep --line-buffered PATTERN | while read; do RESTART; done\`, and send TERM
or INT, which the agent notes on the same monotonic clock. agentvisor holds it as a \`stream\` agent, and each sample is the first failure of a process
that had answered; it sends STOP and then KILL, since a process that is asked to end would write down the failed turn. These no process can note: the
bench looks at \`/proc/PID/stat\` as fast as it can until the agent stands still, and until it is dead.`,
  async run(bench) {
    const watched: Watched[] = [];
    try {
      for (const peer of [...bench.peers, floor]) watched.push(await watch(bench, peer));
      const runs = bench.quick ? 4 : 100;
      for (let turn = 0; turn < runs; turn += 1) {
        if (turn % 20 === 0) bench.say(`signal: ${turn} of ${runs}`);
        const begun = performance.now();
        for (const each of watched) if (turn % each.every === 0) await each.fail();
        await sleep(Math.max(0, begun + ALIVE_MS_MIN - performance.now()));
      }
      const rows = watched.flatMap((each) => each.rows);
      const own = spreadOf(rows[0]?.samples ?? []);
      return {
        groups: [{ title: 'failed result to signal', unit: 'ms', rows }],
        goals: [
          goalAtMost('median at most 2 ms', own.median, 2, ' ms'),
          goalAtMost('p99 at most 10 ms', own.p99, 10, ' ms'),
        ],
        remarks: [],
      };
    } finally {
      await Promise.all(watched.map((each) => each.close()));
    }
  },
};

/** Starts the peer with one agent, and what watches its log where the peer cannot hear. */
async function watch(bench: Bench, peer: Peer): Promise<Watched> {
  const folder = bench.folder();
  const ear = new Ear(join(folder, 'ear'));
  const hears = peer.name === 'agentvisor';
  const trigger = hears ? null : join(folder, 'trigger');
  if (trigger !== null) makeFifo(trigger);
  const due = join(folder, 'due');
  const argv = agentProgram(folder, { work: 'fail', ear: ear.path, trigger, due });
  const held = bench.hold(peer, folder, [{ name: 'agent', argv, mode: 'stream' }]);
  await held.begin();
  await run(held.start);
  await ear.next(isReady);
  if (trigger === null) return askedBy(folder, held, ear, due);
  const samples: number[] = [];
  const who = peer === floor ? peer.name : `${peer.name}, \`tail -F\` and \`grep\``;
  const dog = peer === floor ? null : watchdog(folder, held);
  // tail and grep are there in a moment; who is told before has nothing to find.
  await sleep(500);
  return {
    every: bench.quick || dog === null || peer.name === 's6' ? 1 : 4,
    rows: [{ who, samples }],
    fail: async () => {
      tell(trigger, 'fail');
      await ear.next(isFailing);
      const { text } = await ear.next((said) => said.startsWith('signal '));
      samples.push(Number(text.split(' ')[1]) / NS);
      await ear.next(isReady);
    },
    close: async () => {
      await held.end();
      if (dog?.pid !== undefined) process.kill(-dog.pid, 'SIGKILL');
      ear.close();
    },
  };
}

const isReady = (said: string): boolean => said.startsWith('ready ');
const isFailing = (said: string): boolean => said.startsWith('failing ');

/** agentvisor's agent fails at a message, and is asked it again by its next process, which answers. */
async function askedBy(folder: string, held: Held, ear: Ear, due: string): Promise<Watched> {
  const still: number[] = [];
  const dead: number[] = [];
  const client = openClient(homeIn(folder));
  await ask(client, 'begin');
  return {
    every: 1,
    rows: [
      { who: 'agentvisor, until it stands still (STOP)', samples: still },
      { who: 'agentvisor, until it is dead (KILL)', samples: dead },
    ],
    fail: async () => {
      writeFileSync(due, '');
      const answered = ask(client, 'fail');
      const { text } = await ear.next(isFailing);
      const [pid, failedAt] = text.split(' ').slice(1);
      const { stillAt, deadAt } = watchEnd(Number(pid));
      still.push(Number(stillAt - BigInt(failedAt ?? 0)) / NS);
      dead.push(Number(deadAt - BigInt(failedAt ?? 0)) / NS);
      await ear.next(isReady);
      await answered;
    },
    close: async () => {
      client.close();
      await held.end();
      ear.close();
    },
  };
}

/** Looks without a pause: when the process no longer runs, and when it is dead, in ns on the monotonic clock. */
function watchEnd(pid: number): { readonly stillAt: bigint; readonly deadAt: bigint } {
  const limit = process.hrtime.bigint() + END_NS_MAX;
  let stillAt: bigint | null = null;
  for (;;) {
    const state = readStat(pid)?.state ?? 'X';
    const at = process.hrtime.bigint();
    if ('TtZX'.includes(state)) stillAt ??= at;
    if (stillAt !== null && 'ZX'.includes(state)) return { stillAt, deadAt: at };
    if (at > limit) throw new Error(`process ${pid} was not ended`);
  }
}

/** A group of its own, so that all of it can be ended. */
function watchdog(folder: string, held: Held): ChildProcess {
  const { argv, env } = held.restart('agent');
  const restart = argv.map((word) => `'${word}'`).join(' ');
  const loop = `while read -r _; do ${restart} >/dev/null 2>&1; done`;
  const text = `tail -n 0 -F '${held.log('agent')}' | grep --line-buffered -F '"api_error_status":401' | ${loop}`;
  return spawn('sh', ['-c', text], {
    env: { ...plainEnv(folder), ...env },
    cwd: folder,
    stdio: 'ignore',
    detached: true,
  });
}
