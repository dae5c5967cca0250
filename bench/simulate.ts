import { fleetOf, syntheticScene } from '../src/simulate/scene.ts';
import { POLICIES } from '../src/simulate/policy-names.ts';
import { runPolicy, type Scene } from '../src/simulate/simulate.ts';
import type { Outcome } from '../src/simulate/tally.ts';

/**
 * The figures of docs/recovery.md and docs/adr/0011: several seeds of `agentvisor simulate` together.
 * `npm run bench:simulate -- FIRST_SEED LAST_SEED AGENTS DAYS [VARIANT]`. `session` binds each window to the one agent that met it
 * first, so that all the others are answered; the others change how long windows last.
 */
type Ratio = { readonly closed: number; readonly down: number };
type Sum = {
  /** To kubelet's, of each seed. */
  ratios: readonly Ratio[];
  attempts: number;
  closed: number;
  downMs: number;
  beyondMs: number;
  down: number;
  p95Ms: number;
  delayed: number;
};

const HOUR_MS = 3_600_000;
const LENGTH_MS_MIN = 2_000;
const SHORT_MS = 180_000;
const LONG_MS = 600_000;
const CHANGES_AT = 200;

/** Other lengths of the same windows, by the length that each had and its number. */
const LENGTHS: Readonly<Record<string, (lengthMs: number, number: number) => number>> = {
  'two-hours': () => 2 * HOUR_MS,
  'forty-seconds': () => 40_000,
  half: (lengthMs) => lengthMs / 2,
  tenth: (lengthMs) => lengthMs / 10,
  even: (_, number) => ((number * 7_919) % 3_600) * 1_000,
  longer: (lengthMs, number) =>
    number < CHANGES_AT ? Math.min(lengthMs, SHORT_MS) : Math.min(lengthMs * 3, 9_000_000),
  shorter: (lengthMs, number) => (number < CHANGES_AT ? Math.max(lengthMs, LONG_MS) : Math.min(lengthMs, SHORT_MS)),
};

const [first = 101, last = 110, agents = 6, days = 30] = process.argv.slice(2, 6).map(Number);
const variant = process.argv[6] ?? 'usual';
if (!['usual', 'session', ...Object.keys(LENGTHS)].includes(variant)) throw new Error(`there is no variant ${variant}`);
const sums = new Map<string, Sum>();
let windows = 0;

/** A window of the made-up trace begins as somebody is asked. */
function variantOf(scene: Scene): Scene {
  const agentAt = new Map(scene.asked.map(({ at, agent }) => [at, agent]));
  const lengthOf = LENGTHS[variant] ?? ((lengthMs: number): number => lengthMs);
  let number = 0;
  const outages = scene.outages.map((outage) => {
    if (outage.kind !== 'window') return outage;
    const lengthMs = Math.max(LENGTH_MS_MIN, lengthOf(outage.until - outage.from, number));
    number += 1;
    const agent = variant === 'session' ? (agentAt.get(outage.from) ?? null) : null;
    return { ...outage, agent, until: outage.from + lengthMs };
  });
  return { ...scene, outages };
}

function add(policy: string, outcome: Outcome, peer: Outcome): void {
  const sum = sums.get(policy) ?? {
    ratios: [],
    attempts: 0,
    closed: 0,
    downMs: 0,
    beyondMs: 0,
    down: 0,
    p95Ms: 0,
    delayed: 0,
  };
  const ratio = { closed: outcome.intoClosedDoor / peer.intoClosedDoor, down: outcome.downMs / peer.downMs };
  sums.set(policy, {
    ratios: [...sum.ratios, ratio],
    attempts: sum.attempts + outcome.attempts,
    closed: sum.closed + outcome.intoClosedDoor,
    downMs: sum.downMs + outcome.downMs,
    beyondMs: sum.beyondMs + outcome.beyond.meanMs * outcome.timesDown,
    down: sum.down + outcome.timesDown,
    p95Ms: sum.p95Ms + outcome.beyond.p95Ms / (last - first + 1),
    delayed: sum.delayed + outcome.messagesDelayed,
  });
}

for (let seed = first; seed <= last; seed += 1) {
  const scene = variantOf(syntheticScene(fleetOf(agents), days, seed));
  windows += scene.outages.filter(({ kind }) => kind === 'window').length;
  const peer = runPolicy(scene, 'kubelet');
  for (const policy of ['oracle', ...POLICIES] as const) add(policy, runPolicy(scene, policy), peer);
}

/** The least and the most of a seed. */
function range({ ratios }: Sum, of: keyof Ratio): string {
  const all = ratios.map((ratio) => ratio[of]);
  return `${Math.min(...all).toFixed(3)}-${Math.max(...all).toFixed(3)}`;
}

const oracle = sums.get('oracle');
const kubelet = sums.get('kubelet');
console.log(`seeds ${first} to ${last}, ${agents} agents, ${days} days, ${windows} windows, ${variant}`);
for (const [policy, sum] of sums) {
  const parts = [
    policy.padEnd(9),
    `attempts/window ${(sum.attempts / windows).toFixed(2)}`,
    `closed/window ${(sum.closed / windows).toFixed(2)}`,
    `closed/kubelet ${(sum.closed / (kubelet?.closed ?? 1)).toFixed(3)} (${range(sum, 'closed')})`,
    `down/oracle ${(sum.downMs / (oracle?.downMs ?? 1)).toFixed(3)}`,
    `down/kubelet ${(sum.downMs / (kubelet?.downMs ?? 1)).toFixed(3)} (${range(sum, 'down')})`,
    `beyond ${Math.round(sum.beyondMs / sum.down / 1000)} s`,
    `p95 ${Math.round(sum.p95Ms / 1000)} s`,
    `delayed ${sum.delayed}`,
  ];
  console.log(parts.join('  '));
}
