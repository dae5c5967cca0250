import { setTimeout as sleep } from 'node:timers/promises';
import { sayThenSleep } from '../agents.ts';
import { Ear } from '../fifo.ts';
import { goalAtMost, type Goal, type Measure, type Row } from '../measure.ts';
import { join } from 'node:path';
import { floor } from '../peers/floor.ts';
import type { Held } from '../peers/peer.ts';
import { run } from '../run.ts';
import { medianOf } from '../statistics.ts';

/** s6 starts nobody twice within a second. */
const ALIVE_MS_MIN = 1_200;

type Victim = { readonly who: string; readonly ear: Ear; readonly samples: number[]; pid: number; startedAt: number };

export const crash: Measure = {
  id: 'crash',
  title: 'Crash to new process',
  how: `A \`command\` agent is killed (KILL) and is to be started again at once (\`restart.delayMin: 0\`): from the kill until the new process, a
shell script, has said its pid. Each lives for more than a second before, and the peers take turns.`,
  async run(bench) {
    const held: Held[] = [];
    const victims: Victim[] = [];
    try {
      for (const peer of [...bench.peers, floor]) {
        const folder = bench.folder();
        const ear = new Ear(join(folder, 'ear'));
        const opened = bench.hold(peer, folder, [
          { name: 'agent', argv: sayThenSleep(folder, 'agent', ear.path), restartsAtOnce: true },
        ]);
        held.push(opened);
        victims.push({ who: peer.name, ear, samples: [], pid: 0, startedAt: 0 });
        await opened.begin();
        await run(opened.start);
      }
      for (const victim of victims) await hear(victim);
      const runs = bench.quick ? 3 : 40;
      for (let turn = 0; turn < runs; turn += 1) {
        if (turn % 10 === 0) bench.say(`crash: ${turn} of ${runs}`);
        for (const victim of victims) await kill(victim);
      }
      return {
        groups: [{ title: 'crash to new process', unit: 'ms', rows: victims }],
        goals: goalsOf(victims),
        remarks: [],
      };
    } finally {
      await Promise.all(held.map((each) => each.end()));
      victims.forEach(({ ear }) => ear.close());
    }
  },
};

async function hear(victim: Victim): Promise<number> {
  const { text, at } = await victim.ear.next(() => true);
  victim.pid = Number(text.split(' ')[1]);
  victim.startedAt = at;
  return at;
}

async function kill(victim: Victim): Promise<void> {
  await sleep(Math.max(0, victim.startedAt + ALIVE_MS_MIN - performance.now()));
  const killedAt = performance.now();
  process.kill(victim.pid, 'SIGKILL');
  victim.samples.push((await hear(victim)) - killedAt);
}

function goalsOf(rows: readonly Row[]): readonly Goal[] {
  const median = (who: string): number | null => {
    const row = rows.find((each) => each.who === who);
    return row === undefined ? null : medianOf(row.samples);
  };
  const pm2 = median('pm2');
  if (pm2 === null) return [{ wanted: "at most pm2's", measured: 'not compared', reached: null }];
  return [goalAtMost(`at most pm2's (${pm2.toFixed(1)} ms)`, median('agentvisor'), pm2, ' ms')];
}
