import { agentSpec } from '../config/agent.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import type { KernelFleet } from './kernel-host.ts';
import type { Outage } from './outage.ts';
import type { Scene } from './simulate.ts';
import { syntheticOutages } from './synthetic.ts';
import { workload } from './workload.ts';

const DAY_MS = 86_400_000;
/** A Monday; only the time of day matters. */
const SYNTHETIC_FROM = Date.UTC(2026, 0, 5);
const CREDENTIAL = 'max';

/** Agents as an ecosystem file that says nothing but their names would declare them. */
function plainFleet(agents: readonly { readonly name: string; readonly credential: string }[]): KernelFleet {
  const names = [...new Set(agents.map(({ credential }) => credential))];
  const credentials = names.map(credentialOf);
  const ground = { folder: '/', home: '/', file: '/simulated', credentials };
  const specs = agents.map(({ name, credential }) => agentSpec(name, { credential }, ground));
  return { agents: specs, credentials };
}

const credentialOf = (name: string): CredentialSpec => ({
  name,
  type: 'oauth-token',
  from: { env: 'CLAUDE_CODE_OAUTH_TOKEN' },
  configDir: null,
  billable: false,
  ceilingUsd: null,
  mintedAt: null,
});

/** So many agents on one credential. */
export const fleetOf = (count: number): KernelFleet =>
  plainFleet(Array.from({ length: count }, (_, index) => ({ name: `agent-${index + 1}`, credential: CREDENTIAL })));

export function syntheticScene(fleet: KernelFleet, days: number, seed: number): Scene {
  const from = SYNTHETIC_FROM;
  const until = from + days * DAY_MS;
  const asked = workload(namesOf(fleet), from, until, seed);
  return { fleet, asked, outages: syntheticOutages(asked, from, days, seed), from, until, seed };
}

/** Around what is recorded the agents work in peace for so long. */
const MARGIN_MS = 3_600_000;

/** @param days only the outages that begin in the first so many days; null: all */
export function recordedScene(
  fleet: KernelFleet,
  recorded: readonly Outage[],
  days: number | null,
  seed: number,
): Scene {
  const first = recorded.reduce((earliest, { from }) => Math.min(earliest, from), Infinity);
  const outages = recorded.filter(({ from }) => days === null || from < first + days * DAY_MS);
  const until = outages.reduce((last, outage) => Math.max(last, outage.until), first) + MARGIN_MS;
  const from = first - MARGIN_MS;
  return { fleet, outages, asked: workload(namesOf(fleet), from, until, seed), from, until, seed };
}

const namesOf = ({ agents }: KernelFleet): readonly string[] => agents.map(({ name }) => name);

/**
 * The agents that a record names, and others up to `count`; whose credential it does not say is dealt out over those that it
 * names.
 */
export function fleetOfRecord(recorded: readonly Outage[], count: number): KernelFleet {
  const credentialOfAgent = new Map<string, string | null>();
  for (const { agent, credential } of recorded) {
    if (agent !== null) credentialOfAgent.set(agent, credentialOfAgent.get(agent) ?? credential);
  }
  for (let number = 1; credentialOfAgent.size < count; number += 1) credentialOfAgent.set(`agent-${number}`, null);
  const named = recorded.flatMap(({ credential }) => (credential === null ? [] : [credential]));
  const credentials = named.length === 0 ? [CREDENTIAL] : [...new Set(named)].toSorted();
  return plainFleet(
    [...credentialOfAgent].map(([name, credential], index) => ({
      name,
      credential: credential ?? credentials[index % credentials.length] ?? CREDENTIAL,
    })),
  );
}
