import { setTimeout as sleep } from 'node:timers/promises';
import { isSleep, SLEEP } from '../agents.ts';
import type { Bench } from '../bench.ts';
import { goalAtMost, type Measure } from '../measure.ts';
import { floor } from '../peers/floor.ts';
import type { Peer } from '../peers/peer.ts';
import { allPids, argvOf } from '../processes.ts';
import { run } from '../run.ts';
import { ratioOf } from '../statistics.ts';

const AGENTS = 100;
const LOOK_MS = 5;
const START_MS_MAX = 60_000;

export const start: Measure = {
  id: 'start',
  title: 'A hundred agents started',
  how: `${AGENTS} agents that are \`sleep\`, with a daemon that runs already and holds nobody: from the spawn of the command until the last of them is \`sleep\`,
looked at every ${LOOK_MS} ms; and until the command has ended, which waits where it waits for readiness.`,
  async run(bench) {
    const peers = [...bench.peers, floor];
    const up = peers.map(({ name }) => ({ who: name, samples: [] as number[] }));
    const over = peers.map(({ name }) => ({ who: name, samples: [] as number[] }));
    const turns = bench.quick ? 1 : 7;
    for (let turn = 0; turn < turns; turn += 1) {
      bench.say(`start: ${turn + 1} of ${turns}`);
      for (const [index, peer] of peers.entries()) {
        const took = await startOnce(bench, peer);
        up[index]?.samples.push(took.upMs);
        over[index]?.samples.push(took.overMs);
      }
    }
    const ratio = ratioOf(up[0]?.samples ?? [], up.at(-1)?.samples ?? []);
    return {
      groups: [
        { title: `until ${AGENTS} are there`, unit: 'ms', rows: up },
        { title: 'until the command has ended', unit: 'ms', rows: over },
      ],
      goals: [goalAtMost('at most 2 x the Node floor', ratio, 2, ' x')],
      remarks: [],
    };
  },
};

async function startOnce(bench: Bench, peer: Peer): Promise<{ upMs: number; overMs: number }> {
  const programs = Array.from({ length: AGENTS }, (_, index) => ({ name: `agent-${index}`, argv: SLEEP }));
  const held = bench.hold(peer, bench.folder(), programs);
  try {
    await held.begin();
    await sleep(500);
    const others = new Set(allPids());
    const begun = performance.now();
    const over = run(held.start).then(() => performance.now() - begun);
    const up = allAreThere(others).then((at) => at - begun);
    const [upMs, overMs] = await Promise.all([up, over]);
    return { upMs, overMs };
  } finally {
    await held.end();
  }
}

/** Each process is asked until it is one of them: who is a shell now may be an agent in a moment. */
async function allAreThere(others: ReadonlySet<number>): Promise<number> {
  const limit = performance.now() + START_MS_MAX;
  const found = new Set<number>();
  for (;;) {
    for (const pid of allPids()) {
      if (!others.has(pid) && !found.has(pid) && isSleep(argvOf(pid))) found.add(pid);
    }
    if (found.size >= AGENTS) return performance.now();
    if (performance.now() > limit) throw new Error(`only ${found.size} of ${AGENTS} were started`);
    await sleep(LOOK_MS);
  }
}
