import type { Agent, Fleet } from '../kernel/fleet.ts';
import { noSuchAgent, notOneAgent } from '../protocol/errors.ts';
import { matchTargets } from '../protocol/targets.ts';

/** The agents that the targets name. @throws AgentvisorError when one names nobody; then nothing is done to the others. */
export function findAgents(fleet: Fleet, targets: readonly string[]): readonly Agent[] {
  const named = Object.values(fleet.agents).map((agent) => ({
    name: agent.spec.name,
    namespace: agent.spec.namespace,
    agent,
  }));
  const { rows, unknown } = matchTargets(targets, named);
  const [missing] = unknown;
  if (missing !== undefined) throw noSuchAgent(missing);
  return rows.map(({ agent }) => agent);
}

/** @throws AgentvisorError */
export function findAgent(fleet: Fleet, name: string): Agent {
  const agent = Object.hasOwn(fleet.agents, name) ? fleet.agents[name] : undefined;
  if (agent === undefined) throw notOneAgent(name);
  return agent;
}
