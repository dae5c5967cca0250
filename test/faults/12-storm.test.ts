import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AgentRow } from '../../src/protocol/rows.ts';
import { diceOf } from '../../src/simulate/dice.ts';
import { box, type Box } from '../box.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { agentsWithTwoRuns, expectsPassRule } from './pass-rule.ts';
import { drawn, Storm } from './storm.ts';

/** Fault 12: a thousand verbs at random over twenty agents, while agents and daemons die. */

const AGENTS = Array.from({ length: 20 }, (_, index) => `a${index}`);
const VERBS = 1_000;
const DAEMON_DEATHS = 3;
const LOOK_EVERY_MS = 20;
/** It says what comes in which order; what meets what is a matter of the machine, too. */
const SEED = Number(process.env['STORM_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

function fleet(): Box {
  const own = box();
  own.write({
    defaults: {
      claude: { bin: join(import.meta.dirname, 'tiny-agent.sh') },
      // However often they crash: nobody is down because of that at the end.
      restart: { delayMin: '20ms', delayMax: '100ms', crashesMax: 10_000 },
      log: { keep: 1 },
    },
    agents: AGENTS.map((name) => ({ name, cwd: `./${name}` })),
  });
  return own;
}

/** Asks the table of processes again and again; gives who was seen with two runs, and how often it was looked. */
function lookOut(home: string): {
  readonly over: () => Promise<{ readonly twice: readonly string[]; readonly looks: number }>;
} {
  const twice = new Set<string>();
  const end = new AbortController();
  const look = async (): Promise<number> => {
    let looks = 0;
    for (; !end.signal.aborted; looks += 1) {
      for (const name of agentsWithTwoRuns(home)) twice.add(name);
      await sleep(LOOK_EVERY_MS);
    }
    return looks;
  };
  const looking = look();
  const over = async (): Promise<{ twice: readonly string[]; looks: number }> => {
    end.abort();
    return { looks: await looking, twice: [...twice] };
  };
  return { over };
}

const isAsWanted = ({ desired, state, paused }: AgentRow, wanted: 'up' | 'down' | undefined): boolean =>
  !paused && desired === wanted && state === (wanted === 'up' ? 'running' : 'stopped');

test('a thousand verbs over twenty agents, while agents and daemons die: never two processes of one, and what was wanted last', async () => {
  const own = fleet();
  const daemon = await foregroundDaemon(own);
  await own.ok('start');
  const storm = new Storm(own, daemon);
  for (const agent of AGENTS) storm.wanted.set(agent, 'up');
  const look = lookOut(own.home);
  try {
    for (const deed of drawn(diceOf(SEED), AGENTS, VERBS, DAEMON_DEATHS)) await storm.do(deed);
    await storm.end();
    const { twice, looks } = await look.over();
    expect(twice).toEqual([]);
    expect(looks).toBeGreaterThan(100);
    expect(storm.deaths).toBeGreaterThan(50);
    const wrong = async (): Promise<readonly AgentRow[]> =>
      (await own.rows()).filter((row) => !isAsWanted(row, storm.wanted.get(row.name)));
    await expect.poll(wrong, { timeout: 20_000 }).toEqual([]);
    await expectsPassRule(own);
  } catch (error) {
    await look.over();
    throw new Error(`Play it again: STORM_SEED=${SEED} npx vitest run --project unit test/faults/12-storm.test.ts`, {
      cause: error,
    });
  }
}, 240_000);
