import { windowsOf, runPolicy, type Scene } from './simulate.ts';
import type { PolicyName } from './policy-names.ts';
import { PEERS } from './peers.ts';
import { traceLine, type TraceLine } from './trace-file.ts';
import type { Outcome } from './tally.ts';

/** What `simulate --json` prints; the field names are a contract. Times in ms, moments ISO 8601 UTC. */
export type SimulationReport = {
  readonly source: Source;
  readonly seed: number;
  readonly from: string;
  readonly until: string;
  readonly days: number;
  readonly agents: readonly { readonly name: string; readonly credential: string | null }[];
  readonly messages: number;
  readonly windows: number;
  readonly throttles: number;
  /** Null when there were none. */
  readonly windowMs: { readonly median: number; readonly p95: number; readonly max: number } | null;
  /** Restarts each agent as its door opens: nobody can be better. */
  readonly oracle: Outcome;
  readonly policies: readonly PolicyReport[];
  /** What all of them met, as `--trace` reads it. */
  readonly trace: readonly TraceLine[];
};

export type PolicyReport = Outcome & {
  readonly policy: PolicyName;
  /** What it does, for people. */
  readonly told: string;
  /** Its time down in terms of the oracle's, null when that has none. */
  readonly downToOracle: number | null;
};

export type Source = { readonly kind: 'synthetic' | 'trace' | 'history'; readonly file: string | null };

const DAY_MS = 86_400_000;

const TOLD: Readonly<Record<PolicyName, string>> = {
  systemd: PEERS.systemd.told,
  fixed60: PEERS.fixed60.told,
  fixed300: PEERS.fixed300.told,
  kubelet: PEERS.kubelet.told,
  schedule: "agentvisor with auth.quiet.strategy 'schedule': one agent tries for all, by fixed doubling pauses",
  adaptive: "agentvisor with auth.quiet.strategy 'adaptive': one agent tries for all, at times learned in this run",
};

/** @param onProgress called now and then with what is being done */
export function simulate(
  scene: Scene,
  source: Source,
  policies: readonly PolicyName[],
  onProgress: (text: string) => void,
): SimulationReport {
  const oracle = runPolicy(scene, 'oracle');
  const reports = policies.map((policy): PolicyReport => {
    onProgress(policy);
    const outcome = runPolicy(scene, policy, (day, days) => onProgress(`${policy}, day ${day} of ${days}`));
    const downToOracle = oracle.downMs === 0 ? null : outcome.downMs / oracle.downMs;
    return { policy, told: TOLD[policy], ...outcome, downToOracle };
  });
  const { outages, fleet, asked, seed, from, until } = scene;
  return {
    source,
    seed,
    from: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
    days: (until - from) / DAY_MS,
    agents: fleet.agents.map(({ name, credentials }) => ({ name, credential: credentials[0] ?? null })),
    messages: asked.length,
    windows: windowsOf(outages),
    throttles: outages.filter(({ kind }) => kind === 'throttle').length,
    windowMs: lengthsOf(scene),
    oracle,
    policies: reports,
    trace: outages.map(traceLine),
  };
}

function lengthsOf({ outages }: Scene): SimulationReport['windowMs'] {
  const rising = outages
    .flatMap(({ kind, from, until }) => (kind === 'window' ? [until - from] : []))
    .toSorted((one, other) => one - other);
  const max = rising.at(-1);
  if (max === undefined) return null;
  const at = (part: number): number => rising[Math.ceil(rising.length * part) - 1] ?? max;
  return { median: at(0.5), p95: at(0.95), max };
}
