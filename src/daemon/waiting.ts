import type { Agent, Fleet } from '../kernel/fleet.ts';
import type { Api } from '../protocol/api.ts';
import type { DaemonContext } from './context.ts';
import { findAgents } from './targets.ts';

const HOLDS: Readonly<Record<Api['wait']['params']['for'], (agent: Agent) => boolean>> = {
  up: (agent) => agent.state.at === 'running',
  down: (agent) => agent.state.at === 'stopped',
  // Of a command agent nothing but its state is ever known: whoever waits for all agents must not wait for it in vain.
  healthy: ({ spec, state, health }) => state.at === 'running' && (health === 'healthy' || spec.mode === 'command'),
};

/** Answers when every target is so, or at the time limit with those that are not. A deleted agent is down. */
export async function wait(context: DaemonContext, params: Api['wait']['params']): Promise<Api['wait']['result']> {
  const { engine, clock, until } = context;
  const names = findAgents(engine.fleet, params.targets).map(({ spec }) => spec.name);
  const missing = (fleet: Fleet): readonly string[] =>
    names.filter((name) => {
      const agent = fleet.agents[name];
      return agent === undefined ? params.for !== 'down' : !HOLDS[params.for](agent);
    });
  let isLate = false;
  let cancel = (): void => undefined;
  const late = new Promise<void>((done) => {
    cancel = clock.after(params.timeoutMs, () => {
      isLate = true;
      done();
    });
  });
  await Promise.race([late, until((fleet) => isLate || missing(fleet).length === 0)]);
  cancel();
  return { timedOut: missing(engine.fleet) };
}
