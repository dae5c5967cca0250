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
import { spreadOf } from '../statistics.ts';
import { openClient } from '../../src/client/client.ts';

/** s6 starts nobody twice within a second. */
const ALIVE_MS_MIN = 1_100;
const NS = 1e6;

type Watched = {
  readonly who: string;
  readonly ear: Ear;
  readonly samples: number[];
  /** Makes the turn of the agent fail that is ready now; settles when it is ready again. */
  fail(): Promise<void>;
  close(): Promise<void>;
};

export const signal: Measure = {
  id: 'signal',
  title: 'Failed result to signal',
  how: `An agent writes a \`result\` that failed with 401, as it was recorded of Claude Code: from before the write until TERM or INT is in its hands, both
on its own monotonic clock. agentvisor holds it as a \`stream\` agent; each sample is the first failure of a process that had
answered. The peers are watched as people do it today: \`tail -F LOG | grep --line-buffered PATTERN | while read; do RESTART; done\`.`,
  async run(bench) {
    const watched: Watched[] = [];
    try {
      for (const peer of [...bench.peers, floor]) watched.push(await watch(bench, peer));
      const runs = bench.quick ? 4 : 100;
      for (let turn = 0; turn < runs; turn += 1) {
        if (turn % 20 === 0) bench.say(`signal: ${turn} of ${runs}`);
        await sleep(ALIVE_MS_MIN);
        for (const each of watched) await each.fail();
      }
      const own = spreadOf(watched[0]?.samples ?? []);
      return {
        groups: [{ title: 'failed result to signal', unit: 'ms', rows: watched }],
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
  const held = peer.open(folder, [{ name: 'agent', argv, mode: 'stream' }]);
  await held.begin();
  await run(held.start);
  await ear.next(isReady);
  const samples: number[] = [];
  const heard = async (): Promise<void> => {
    const { text } = await ear.next((said) => said.startsWith('signal '));
    samples.push(Number(text.split(' ')[1]) / NS);
  };
  const who = hears || peer === floor ? peer.name : `${peer.name}, \`tail -F\` and \`grep\``;
  const base = { who, ear, samples };
  if (trigger === null) return { ...base, ...(await askedBy(folder, held, ear, due, heard)) };
  const dog = peer === floor ? null : watchdog(folder, held);
  // tail and grep are there in a moment; who is told before has nothing to find.
  await sleep(500);
  return {
    ...base,
    fail: async () => {
      tell(trigger, 'fail');
      await heard();
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

/** agentvisor's agent fails at a message, and is asked it again by its next process, which answers. */
async function askedBy(
  folder: string,
  held: Held,
  ear: Ear,
  due: string,
  heard: () => Promise<void>,
): Promise<Pick<Watched, 'fail' | 'close'>> {
  const client = openClient(homeIn(folder));
  await ask(client, 'begin');
  return {
    fail: async () => {
      writeFileSync(due, '');
      const answered = ask(client, 'fail');
      await heard();
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
