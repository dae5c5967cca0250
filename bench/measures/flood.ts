import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentProgram } from '../agents.ts';
import { ask } from '../ask.ts';
import type { Bench } from '../bench.ts';
import { Ear, makeFifo, tell } from '../fifo.ts';
import type { Measure } from '../measure.ts';
import { homeIn } from '../peers/agentvisor.ts';
import type { Peer } from '../peers/peer.ts';
import { cpuMs, memoryOf } from '../processes.ts';
import { run } from '../run.ts';
import { spreadOf } from '../statistics.ts';
import { openClient } from '../../src/client/client.ts';

const LINES_PER_SECOND = 100_000;
const MB = 1024 * 1024;
/** As a person would wish it; the issue names no limit. */
const GROWTH_MB_MAX = 64;

type Flooded = {
  readonly before: number;
  readonly during: readonly number[];
  readonly cpu: number;
  readonly linesPerSecond: number;
};

export const flood: Measure = {
  id: 'flood',
  title: 'A minute of flood',
  how: `One agent prints 100,000 lines of 200 bytes a second for a minute (20 MB/s) in one turn; the logs have their usual limits. RSS of the daemon, seen once a second.`,
  async run(bench) {
    const seconds = bench.quick ? 4 : 60;
    const seen: (readonly [string, Flooded])[] = [];
    for (const peer of bench.peers) {
      bench.say(`flood: ${peer.name}, ${seconds} s`);
      seen.push([peer.name, await floodOnce(bench, peer, seconds)]);
    }
    const own = seen[0]?.[1];
    const growth = own === undefined ? Number.NaN : spreadOf(own.during).max - own.before;
    return {
      groups: [
        { title: 'RSS before', unit: 'MB', rows: seen.map(([who, { before }]) => ({ who, samples: [before] })) },
        {
          title: `RSS during ${seconds} s`,
          unit: 'MB',
          rows: seen.map(([who, { during }]) => ({ who, samples: during })),
        },
        {
          title: 'RSS at the end',
          unit: 'MB',
          rows: seen.map(([who, { during }]) => ({ who, samples: during.slice(-1) })),
        },
        {
          title: 'processor of the daemon',
          unit: '% of a core',
          rows: seen.map(([who, { cpu }]) => ({ who, samples: [cpu] })),
        },
      ],
      goals: [
        {
          wanted: `the daemon grows by at most ${GROWTH_MB_MAX} MB`,
          measured: `${growth.toFixed(1)} MB`,
          reached: growth <= GROWTH_MB_MAX,
        },
      ],
      remarks: [
        `Lines a second that the agent could write: ${seen.map(([who, { linesPerSecond }]) => `${who} ${linesPerSecond}`).join(', ')}.`,
      ],
    };
  },
};

async function floodOnce(bench: Bench, peer: Peer, seconds: number): Promise<Flooded> {
  const folder = bench.folder();
  const ear = new Ear(join(folder, 'ear'));
  const isOwn = peer.name === 'agentvisor';
  const trigger = isOwn ? null : join(folder, 'trigger');
  if (trigger !== null) makeFifo(trigger);
  const due = join(folder, 'due');
  const plan = { work: 'flood', ear: ear.path, trigger, due, perSecond: LINES_PER_SECOND, seconds } as const;
  const held = bench.hold(peer, folder, [{ name: 'agent', argv: agentProgram(folder, plan), mode: 'stream' }]);
  try {
    await held.begin();
    await run(held.start);
    await ear.next((said) => said.startsWith('ready '));
    await sleep(3_000);
    const daemon = held.daemon();
    const before = memoryOf([daemon]).rss / MB;
    const usedBefore = cpuMs([daemon]);
    const begun = performance.now();
    const over = ear.next((said) => said.startsWith('flooded '), (seconds + 60) * 1_000);
    const asked = trigger === null ? askOwn(folder, due) : tell(trigger, 'begin');
    const during: number[] = [];
    while (during.length < seconds) {
      await sleep(1_000);
      during.push(memoryOf([daemon]).rss / MB);
    }
    const { text } = await over;
    const cpu = (100 * (cpuMs([daemon]) - usedBefore)) / (performance.now() - begun);
    await asked;
    return { before, during, cpu, linesPerSecond: Number(text.split(' ')[1]) };
  } finally {
    await held.end();
    ear.close();
  }
}

async function askOwn(folder: string, due: string): Promise<void> {
  writeFileSync(due, '');
  const client = openClient(homeIn(folder));
  try {
    await ask(client, 'flood');
  } finally {
    client.close();
  }
}
