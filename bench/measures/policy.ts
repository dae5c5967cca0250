import { fleetOf, syntheticScene } from '../../src/simulate/scene.ts';
import { runPolicy } from '../../src/simulate/simulate.ts';
import { goalAtMost, type Measure, type Row } from '../measure.ts';

const AGENTS = 6;
const DAYS = 30;
/** Of these nothing was chosen; see docs/recovery.md. */
const FIRST_SEED = 101;
const POLICIES = ['adaptive', 'kubelet', 'fixed300', 'fixed60', 'oracle'] as const;

type Sum = { closed: number[]; hours: number[] };

export const policy: Measure = {
  id: 'policy',
  title: 'Restart policy on a broken credential',
  how: `${AGENTS} agents on one credential, ${DAYS} days of made-up outages, in \`agentvisor simulate\`'s virtual time: seed by seed, what each policy does. The first
row is agentvisor's default. What the trace is made of, and more policies, stand in [recovery](recovery.md#what-it-is-worth).`,
  async run(bench) {
    const sums = new Map<string, Sum>(POLICIES.map((name) => [name, { closed: [], hours: [] }]));
    const seeds = bench.quick ? 1 : 10;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed += 1) {
      bench.say(`policy: seed ${seed}`);
      const scene = syntheticScene(fleetOf(AGENTS), DAYS, seed);
      for (const name of POLICIES) {
        const { intoClosedDoor, downMs } = runPolicy(scene, name);
        sums.get(name)?.closed.push(intoClosedDoor);
        sums.get(name)?.hours.push(downMs / 3_600_000);
      }
      await new Promise<void>((turn) => setImmediate(turn));
    }
    const rowsOf = (of: keyof Sum): Row[] =>
      [...sums].map(([name, sum]) => ({
        who: name === 'adaptive' ? 'agentvisor, `adaptive`' : name,
        samples: sum[of],
      }));
    return {
      groups: [
        {
          title: 'attempts into a closed door',
          unit: `in ${DAYS} days`,
          rows: rowsOf('closed').filter(({ who }) => who !== 'oracle'),
        },
        { title: 'time down', unit: `hours of all agents in ${DAYS} days`, rows: rowsOf('hours') },
      ],
      goals: [
        goalAtMost(
          "attempts into a closed window at most a quarter of kubelet's",
          parts(sums, 'closed', 'kubelet'),
          0.25,
          ' x',
        ),
        goalAtMost("time down at most kubelet's", parts(sums, 'hours', 'kubelet'), 1, ' x'),
        goalAtMost("time down within 1.15 x the oracle's", parts(sums, 'hours', 'oracle'), 1.15, ' x'),
      ],
      remarks: [`The ratios of the goals are those of the sums over ${seeds} seeds.`],
    };
  },
};

function parts(sums: ReadonlyMap<string, Sum>, of: keyof Sum, other: string): number {
  const sum = (name: string): number => (sums.get(name)?.[of] ?? []).reduce((total, each) => total + each, 0);
  return sum('adaptive') / sum(other);
}
