import type { Bench } from '../bench.ts';
import { SLEEP } from '../agents.ts';
import { goalAtMost, type Measure, type Result, type Row } from '../measure.ts';
import { floor } from '../peers/floor.ts';
import type { Held } from '../peers/peer.ts';
import { plainEnv, run, timeOf, type Command } from '../run.ts';
import { ratioOf } from '../statistics.ts';

const AGENTS = 10;
const WARM_UP_RUNS = 5;

export const list: Measure = {
  id: 'list',
  title: 'A warm list',
  how: `What a person or a script waits for that asks a running daemon with ${AGENTS} agents: from the spawn of the command to its end. The
commands take turns, so that whatever else the machine does falls on all of them.`,
  async run(bench) {
    const held: Held[] = [];
    try {
      const commands = new Map<string, Command>();
      for (const peer of [...bench.peers, floor]) {
        const opened = await start(bench, peer);
        held.push(opened);
        commands.set(NAMES[peer.name] ?? peer.name, opened.list);
      }
      const folder = bench.folder();
      commands.set(BARE, { argv: [process.execPath, '-e', '0'], env: plainEnv(folder), cwd: folder });
      return resultOf(takeTurns(bench, commands));
    } finally {
      await Promise.all(held.map((each) => each.end()));
    }
  },
};

const OWN = '`agentvisor list --json`';
const CLIENT = 'Node client that asks a unix socket once';
const BARE = '`node -e 0`';
const PM2 = '`pm2 jlist`';
const NAMES: Readonly<Record<string, string>> = {
  agentvisor: OWN,
  pm2: PM2,
  supervisord: '`supervisorctl status`',
  s6: '`s6-svstat` of each',
  [floor.name]: CLIENT,
};

async function start(bench: Bench, peer: Bench['peers'][number]): Promise<Held> {
  const programs = Array.from({ length: AGENTS }, (_, index) => ({ name: `agent-${index}`, argv: SLEEP }));
  const opened = bench.hold(peer, bench.folder(), programs);
  await opened.begin();
  await run(opened.start);
  return opened;
}

function takeTurns(bench: Bench, commands: ReadonlyMap<string, Command>): readonly Row[] {
  const runs = bench.quick ? 5 : 60;
  const rows = [...commands.keys()].map((who) => ({ who, samples: [] as number[] }));
  for (let turn = 0; turn < WARM_UP_RUNS + runs; turn += 1) {
    if (turn % 20 === 0) bench.say(`list: ${turn} of ${WARM_UP_RUNS + runs}`);
    for (const { who, samples } of rows) {
      const command = commands.get(who);
      if (command === undefined) continue;
      const took = timeOf(command);
      if (turn >= WARM_UP_RUNS) samples.push(took);
    }
  }
  return rows;
}

function resultOf(rows: readonly Row[]): Result {
  const toOwn = (who: string): number | null => {
    const [own, other] = [rows.find((row) => row.who === OWN), rows.find((row) => row.who === who)];
    return own === undefined || other === undefined ? null : ratioOf(own.samples, other.samples);
  };
  return {
    groups: [{ title: `list of ${AGENTS} agents`, unit: 'ms', rows }],
    goals: [
      goalAtMost('at most 1.1 x the client', toOwn(CLIENT), 1.1, ' x'),
      goalAtMost('at most 0.35 x `pm2 jlist`', toOwn(PM2), 0.35, ' x'),
    ],
    remarks: [],
  };
}
