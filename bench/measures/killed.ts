import { setTimeout as sleep } from 'node:timers/promises';
import { isSleep, SLEEP } from '../agents.ts';
import type { Bench } from '../bench.ts';
import { type Measure } from '../measure.ts';
import { homeIn } from '../peers/agentvisor.ts';
import type { Held, Peer } from '../peers/peer.ts';
import { argvOf, endAll, isAlive, named, treeOf, type Named } from '../processes.ts';
import { run } from '../run.ts';
import { medianOf, spreadOf } from '../statistics.ts';
import { withClient } from '../../src/client/client.ts';
import { until } from '../until.ts';

const AGENTS = 100;
const HELD_MS_MAX = 30_000;
/** As long as a peer is given to come back. */
const PATIENCE_MS = 5_000;

export const killed: Measure = {
  id: 'killed',
  title: 'Daemon killed with a hundred agents',
  how: `KILL to the daemon that holds ${AGENTS} agents: how many of their processes are lost, and when a daemon answers again that holds all the same ones.
Whatever brings a daemon back is used as it comes: agentvisor's own keeper; pm2, supervisord and s6 have none of their own.`,
  async run(bench) {
    const own = bench.peers.find(({ name }) => name === 'agentvisor');
    if (own === undefined) throw new Error('agentvisor is not there');
    const { times, lost } = await killAgain(bench, own, bench.quick ? 2 : 5);
    const others = bench.peers.filter((peer) => peer !== own);
    const remarks: string[] = [];
    for (const peer of others) remarks.push(await killOnce(bench, peer));
    return {
      groups: [{ title: 'until all are held again', unit: 'ms', rows: [{ who: 'agentvisor', samples: times }] }],
      goals: [
        { wanted: 'none lost', measured: `${lost} of ${AGENTS * times.length}`, reached: lost === 0 },
        {
          wanted: 'held again within 2 s',
          measured: `${Math.round(medianOf(times))} ms, at most ${Math.round(spreadOf(times).max)} ms`,
          reached: spreadOf(times).max <= 2_000,
        },
      ],
      remarks: remarks.length === 0 ? [] : [remarks.join(' ')],
    };
  },
};

async function killAgain(bench: Bench, peer: Peer, times: number): Promise<{ times: number[]; lost: number }> {
  const { folder, held } = await begin(bench, peer);
  try {
    const agents = agentsOf(held);
    const took: number[] = [];
    let lost = 0;
    for (let turn = 0; turn < times; turn += 1) {
      bench.say(`killed: ${turn + 1} of ${times}`);
      // A keeper takes ten seconds of life for a sign of health.
      await sleep(bench.quick ? 1_000 : 11_000);
      const daemon = held.daemon();
      const killedAt = performance.now();
      process.kill(daemon, 'SIGKILL');
      const at = await until('all are held again', () => holdsAll(folder, daemon, agents), {
        everyMs: 5,
        msMax: HELD_MS_MAX,
      });
      took.push(at - killedAt);
      lost += agents.filter((agent) => !isAlive(agent)).length;
    }
    return { times: took, lost };
  } finally {
    await held.end();
  }
}

/** Another daemon answers, and says of each of these very processes that it runs. */
async function holdsAll(folder: string, before: number, agents: readonly Named[]): Promise<boolean> {
  try {
    return await withClient(homeIn(folder), async (client) => {
      const { pid } = await client.call('ping', {});
      if (pid === before) return false;
      const rows = await client.call('list', { targets: [] });
      const held = new Set(rows.flatMap((row) => (row.state === 'running' ? (row.pid ?? []) : [])));
      return agents.every((agent) => held.has(agent.pid));
    });
  } catch {
    // Nobody answers yet.
    return false;
  }
}

/** What is left of a peer whose daemon was killed, in a sentence. */
async function killOnce(bench: Bench, peer: Peer): Promise<string> {
  bench.say(`killed: ${peer.name}`);
  const { held } = await begin(bench, peer);
  const agents = agentsOf(held);
  const all = treeOf(held.top());
  const daemon = named(held.daemon());
  try {
    process.kill(held.daemon(), 'SIGKILL');
    await sleep(PATIENCE_MS);
    const alive = agents.filter(isAlive).length;
    const helpers = all.filter((each) => each.pid !== daemon?.pid && !agents.some(({ pid }) => pid === each.pid));
    const kept = helpers.filter(isAlive).length;
    const by = kept === 0 ? 'by nobody' : `by their ${kept} processes beside it`;
    return `${peer.name}: ${alive} of ${AGENTS} agents lived on, held ${by}; no daemon came back by itself in ${PATIENCE_MS / 1_000} s.`;
  } finally {
    await endAll(all);
  }
}

async function begin(bench: Bench, peer: Peer): Promise<{ folder: string; held: Held }> {
  const folder = bench.folder();
  const programs = Array.from({ length: AGENTS }, (_, index) => ({ name: `agent-${index}`, argv: SLEEP }));
  const held = bench.hold(peer, folder, programs);
  await held.begin();
  await run(held.start);
  await until(`${peer.name} holds ${AGENTS}`, () => agentsOf(held).length === AGENTS);
  return { folder, held };
}

const agentsOf = (held: Held): readonly Named[] => treeOf(held.top()).filter(({ pid }) => isSleep(argvOf(pid)));
