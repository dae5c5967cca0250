import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { isSleep, SLEEP } from '../agents.ts';
import { goalAtMost, type Goal, type Group, type Measure } from '../measure.ts';
import { floor } from '../peers/floor.ts';
import type { Peer } from '../peers/peer.ts';
import { argvOf, cpuMs, memoryOf, treeOf } from '../processes.ts';
import { run } from '../run.ts';
import { meanOf, medianOf } from '../statistics.ts';
import { until } from '../until.ts';

const SIZES = [1, 10, 100] as const;
const MB = 1024 * 1024;

type Idle = {
  /** MB of the daemon alone, seen once a second. */
  readonly rss: readonly number[];
  /** MB of all that belongs to it, shims too, agents not. */
  readonly pss: readonly number[];
  /** Per cent of one core of the same, slice by slice. */
  readonly cpu: readonly number[];
};

export const memory: Measure = {
  id: 'memory',
  title: 'Idle agents',
  how: `Each holds 1, 10 and 100 agents that are \`sleep\`. RSS is the daemon's own; PSS and processor time are those of all its processes
together: daemon, keeper, shims or supervise processes, not the agents. PSS divides what several processes map by their number;
processor time is in per cent of one core. One after the other, since they would share pages.`,
  async run(bench) {
    const seen = new Map<string, Idle>();
    const peers = [...bench.peers, floor];
    for (const size of SIZES) {
      for (const peer of peers) {
        bench.say(`memory: ${peer.name} with ${size}`);
        seen.set(`${peer.name} ${size}`, await look(bench, peer, size));
      }
    }
    const names = peers.map(({ name }) => name);
    return { groups: groupsOf(names, seen), goals: goalsOf(seen), remarks: [perAgent(names, seen)] };
  },
};

async function look(bench: Bench, peer: Peer, size: number): Promise<Idle> {
  const programs = Array.from({ length: size }, (_, index) => ({ name: `agent-${index}`, argv: SLEEP }));
  const held = bench.hold(peer, bench.folder(), programs);
  try {
    await held.begin();
    await run(held.start);
    const isAgent = (pid: number): boolean => isSleep(argvOf(pid));
    const split = (): { own: number[]; agents: number } => {
      const pids = treeOf(held.top()).map(({ pid }) => pid);
      const own = pids.filter((pid) => !isAgent(pid));
      return { own, agents: pids.length - own.length };
    };
    await until(`${peer.name} holds ${size}`, () => split().agents === size);
    await sleep(bench.quick ? 2_000 : 8_000);
    return await watch(held.daemon(), split().own, windowOf(bench.quick, size));
  } finally {
    await held.end();
  }
}

type Window = { readonly slices: number; readonly sliceMs: number };

const windowOf = (quick: boolean, size: number): Window =>
  quick ? { slices: 2, sliceMs: 1_000 } : { slices: size === 100 ? 6 : 2, sliceMs: 5_000 };

async function watch(daemon: number, own: readonly number[], { slices, sliceMs }: Window): Promise<Idle> {
  const cpu: number[] = [];
  let [before, beforeAt] = [cpuMs(own), performance.now()];
  for (let slice = 0; slice < slices; slice += 1) {
    await sleep(sliceMs);
    const [used, at] = [cpuMs(own), performance.now()];
    cpu.push((100 * (used - before)) / (at - beforeAt));
    [before, beforeAt] = [used, at];
  }
  // After the window: to read it takes the process's own locks.
  const looks = [1, 2, 3].map(() => ({ rss: memoryOf([daemon]).rss / MB, pss: memoryOf(own).pss / MB }));
  return { rss: looks.map(({ rss }) => rss), pss: looks.map(({ pss }) => pss), cpu };
}

function groupsOf(names: readonly string[], seen: ReadonlyMap<string, Idle>): readonly Group[] {
  const rowsOf = (size: number, of: (idle: Idle) => readonly number[]): Group['rows'] =>
    names.flatMap((who) => {
      const idle = seen.get(`${who} ${size}`);
      return idle === undefined ? [] : [{ who, samples: of(idle) }];
    });
  return SIZES.flatMap((size) => [
    { title: `RSS of the daemon, ${size} idle`, unit: 'MB', rows: rowsOf(size, ({ rss }) => rss) },
    { title: `PSS of all its processes, ${size} idle`, unit: 'MB', rows: rowsOf(size, ({ pss }) => pss) },
    { title: `processor, ${size} idle`, unit: '% of a core', rows: rowsOf(size, ({ cpu }) => cpu) },
  ]);
}

/** What one more agent costs, by the difference of a hundred and one. */
function pssPerAgent(who: string, seen: ReadonlyMap<string, Idle>): number | null {
  const [one, hundred] = [seen.get(`${who} 1`), seen.get(`${who} 100`)];
  return one === undefined || hundred === undefined ? null : (medianOf(hundred.pss) - medianOf(one.pss)) / 99;
}

const perAgent = (names: readonly string[], seen: ReadonlyMap<string, Idle>): string =>
  `PSS per agent, by the difference of 100 and 1: ${names
    .map((who) => `${who} ${pssPerAgent(who, seen)?.toFixed(3) ?? '-'} MB`)
    .join(', ')}.`;

function goalsOf(seen: ReadonlyMap<string, Idle>): readonly Goal[] {
  const [own, pm2] = [seen.get('agentvisor 100'), seen.get('pm2 100')];
  const rss = own === undefined ? null : medianOf(own.rss);
  const limit = pm2 === undefined ? Number.NaN : medianOf(pm2.rss);
  const compared = goalAtMost(`RSS with 100 at most pm2's (${limit.toFixed(1)} MB)`, rss, limit, ' MB');
  return [
    pm2 === undefined ? { ...compared, wanted: "RSS with 100 at most pm2's", reached: null } : compared,
    goalAtMost('at most 0.5 MB PSS per agent, its shim included', pssPerAgent('agentvisor', seen), 0.5, ' MB'),
    goalAtMost('processor with 100 at most 0.1 %', own === undefined ? null : meanOf(own.cpu), 0.1, ' %'),
  ];
}
