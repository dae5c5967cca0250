import type { AgentSpec } from '../kernel/spec.ts';
import { Api, type Caller } from './api.ts';
import { KernelHost, type KernelFleet } from './kernel-host.ts';
import { Door, type Outage } from './outage.ts';
import { PEERS, runOracle, runPeer } from './peers.ts';
import { Tally, type Outcome } from './tally.ts';
import type { PolicyName } from './policy-names.ts';
import type { Asked } from './workload.ts';

/** What all policies are given alike. */
export type Scene = {
  readonly fleet: KernelFleet;
  readonly outages: readonly Outage[];
  readonly asked: readonly Asked[];
  readonly from: number;
  readonly until: number;
  readonly seed: number;
};

/** Behind the last question and the last outage everybody has the time to be answered. */
const AFTERMATH_MS = 3 * 3_600_000;
const DAY_MS = 86_400_000;

/**
 * What becomes of a fleet under a policy; `oracle` knows when each window closes, and is what the others are compared with.
 * @param onDay called at the end of each simulated day, with its number and how many there are
 */
export function runPolicy(
  scene: Scene,
  policy: PolicyName | 'oracle',
  onDay: (day: number, days: number) => void = () => undefined,
): Outcome {
  const { fleet, outages, asked, seed } = scene;
  const callers = fleet.agents.map(callerOf);
  const api = new Api(callers, outages);
  const tally = new Tally();
  const until = endOf(scene);
  switch (policy) {
    case 'oracle':
      runOracle(callers, asked, api, tally);
      break;
    case 'schedule':
    case 'adaptive': {
      const host = new KernelHost(withStrategy(fleet, policy), asked, scene.from, seed, api, tally);
      const days = Math.ceil((until - scene.from) / DAY_MS);
      for (let day = 1; day <= days; day += 1) {
        host.runUntil(Math.min(until, scene.from + day * DAY_MS));
        onDay(day, days);
      }
      break;
    }
    case 'systemd':
    case 'fixed60':
    case 'fixed300':
    case 'kubelet':
      runPeer(PEERS[policy], callers, asked, api, tally);
  }
  return tally.outcome(asked, windowsOf(outages), until);
}

/** Windows that overlap are one for those who meet them. */
export function windowsOf(outages: readonly Outage[]): number {
  const windows = outages.filter(({ kind }) => kind === 'window');
  const keys = new Set(windows.map(({ agent, credential }) => JSON.stringify([agent, credential])));
  return [...keys].reduce((count, key) => {
    const same = windows.filter(({ agent, credential }) => JSON.stringify([agent, credential]) === key);
    return count + new Door(same).times.length;
  }, 0);
}

function endOf({ outages, until }: Scene): number {
  return outages.reduce((last, outage) => Math.max(last, outage.until), until) + AFTERMATH_MS;
}

/** Who declares no credential shares the login of this machine with all who do the same. */
const callerOf = ({ name, credentials, claude }: AgentSpec): Caller => ({
  name,
  credential: credentials[0] ?? '',
  model: claude.model,
});

const withStrategy = (fleet: KernelFleet, strategy: 'schedule' | 'adaptive'): KernelFleet => ({
  ...fleet,
  agents: fleet.agents.map((spec) => ({
    ...spec,
    auth: { ...spec.auth, quiet: { ...spec.auth.quiet, strategy } },
  })),
});
