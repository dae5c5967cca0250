import { randomUUID } from 'node:crypto';
import { agentFolder } from '../home/paths.ts';
import { toldOf } from '../kernel/causes.ts';
import type { Event, OperatorEvent, RestartHow } from '../kernel/events.ts';
import { runOf, type Agent, type Fleet } from '../kernel/fleet.ts';
import type { AgentResult, Api, Flushed, Saved } from '../protocol/api.ts';
import { checkNames } from '../protocol/names.ts';
import { changeOf, isUp, leftoversOf } from '../protocol/plan.ts';
import type { DaemonContext } from './context.ts';
import { changedByHand } from './credential-watch.ts';
import { dropEndedRuns } from './process/logs.ts';
import { findAgents } from './targets.ts';

/** Takes in an ecosystem file: what is new is started, what changed is applied, the rest is left alone or pruned. */
export async function apply(context: DaemonContext, params: Api['apply']['params']): Promise<readonly AgentResult[]> {
  const { engine, secrets } = context;
  const used = params.agents.flatMap(({ credentials }) => credentials.map((name) => ({ name })));
  checkNames([...params.agents, ...params.credentials, ...used]);
  secrets.keep(params.secrets);
  const taken: Promise<void>[] = [];
  const take = (event: Event): void => void taken.push(engine.submit(event));
  for (const spec of params.credentials) take({ type: 'credential-declared', spec });
  for (const event of changedByHand(engine.fleet, params.credentials, secrets)) take(event);
  take({ type: 'notify-declared', file: params.file, channels: params.notify });
  const before = engine.fleet;
  const changes = params.agents.map((spec) => ({ spec, change: changeOf(before.agents[spec.name], spec) }));
  for (const { spec, change } of changes) {
    if (change === 'same') continue;
    take({ type: 'declared', spec, environment: params.environment, seed: randomUUID() });
  }
  const leftovers = params.prune ? leftoversOf(Object.values(before.agents), params) : [];
  const results = await Promise.all([
    ...changes.map(async ({ spec, change }) => {
      if (change === 'new') await context.takeUp(spec.name);
      if (!spec.enabled) return { ...done(spec.name, 'disabled'), detail: 'it is declared with enabled: false' };
      const known = before.agents[spec.name];
      const wasDown = known !== undefined && !isUp(known);
      return { ...(await startOne(context, spec.name)), change: change === 'same' && wasDown ? 'started' : change };
    }),
    ...leftovers.map((agent) => removeOne(context, agent, 'removed')),
  ]);
  // Who is declared and not started is promised no less.
  await Promise.all(taken);
  return results;
}

/** Answers when each agent is ready or has failed to be. */
export async function start(context: DaemonContext, targets: readonly string[]): Promise<readonly AgentResult[]> {
  const agents = findAgents(context.engine.fleet, targets);
  return Promise.all(agents.map(({ spec }) => startOne(context, spec.name)));
}

/** Answers when nobody of the agents' runs is left, or when somebody has started them meanwhile. */
export async function stop(context: DaemonContext, targets: readonly string[]): Promise<readonly AgentResult[]> {
  const { engine, until } = context;
  const agents = findAgents(engine.fleet, targets);
  return Promise.all(
    agents.map(async ({ spec: { name } }) => {
      await engine.submit({ type: 'desired', agent: name, desired: 'down' });
      const isWantedAgain = (fleet: Fleet): boolean => fleet.agents[name]?.desired === 'up';
      const end = await first(until, { down: (fleet) => isDown(fleet, name), wanted: isWantedAgain });
      return end === 'wanted' ? failed(name, 'stopped', 'operator', 'it was started meanwhile') : done(name, 'stopped');
    }),
  );
}

/** Answers when each agent is ready in a new run, or has failed to be. */
export async function restart(
  context: DaemonContext,
  params: { readonly targets: readonly string[]; readonly how: RestartHow; readonly reason: string | null },
): Promise<readonly AgentResult[]> {
  const { engine } = context;
  const agents = findAgents(engine.fleet, params.targets);
  return Promise.all(
    agents.map(async (agent) => {
      const { name } = agent.spec;
      const old = runOf(agent.state)?.id ?? null;
      await engine.submit({ type: 'restart-asked', agent: name, how: params.how, reason: params.reason });
      return settle(context, name, old, params.how === 'after-turn' ? 'reloaded' : 'restarted');
    }),
  );
}

/** What is so already is done already. */
export async function pause(
  context: DaemonContext,
  targets: readonly string[],
  paused: boolean,
): Promise<readonly AgentResult[]> {
  const agents = findAgents(context.engine.fleet, targets);
  return Promise.all(
    agents.map(async ({ paused: already, spec: { name } }) => {
      // The contrary may be on its way to the disk: what is so already, the kernel knows.
      const told = await tell(context, { type: 'paused', agent: name, paused }, paused ? 'paused' : 'resumed');
      return already === paused ? done(name, 'same') : told;
    }),
  );
}

export async function reset(context: DaemonContext, targets: readonly string[]): Promise<readonly AgentResult[]> {
  const agents = findAgents(context.engine.fleet, targets);
  return Promise.all(agents.map(({ spec: { name } }) => tell(context, { type: 'reset-asked', agent: name }, 'reset')));
}

/** For what is done as soon as it is known. */
async function tell(
  { engine }: DaemonContext,
  event: Extract<OperatorEvent, { type: 'paused' | 'reset-asked' }>,
  change: string,
): Promise<AgentResult> {
  await engine.submit(event);
  const isThere = engine.fleet.agents[event.agent] !== undefined;
  return isThere ? done(event.agent, change) : failed(event.agent, change, null, 'it was deleted meanwhile');
}

/** Answers when the agents are stopped and forgotten, or when somebody has started them meanwhile. */
export async function remove(context: DaemonContext, targets: readonly string[]): Promise<readonly AgentResult[]> {
  const agents = findAgents(context.engine.fleet, targets);
  return Promise.all(agents.map((agent) => removeOne(context, agent, 'deleted')));
}

/** The state is always on the disk; this folds it into a snapshot now. */
export async function save({ engine, store }: DaemonContext): Promise<Saved> {
  await engine.save();
  return { agents: Object.keys(engine.fleet.agents).length, degraded: store.refusals() };
}

/** Removes what ended runs have left. No target: of all agents. */
export async function flush(context: DaemonContext, targets: readonly string[]): Promise<readonly Flushed[]> {
  const { engine, home } = context;
  const agents = findAgents(engine.fleet, targets.length === 0 ? ['all'] : targets);
  return Promise.all(
    agents.map(async ({ spec: { name } }) => {
      const liveRun = (): string | null => {
        const agent = engine.fleet.agents[name];
        return agent === undefined ? null : (runOf(agent.state)?.id ?? null);
      };
      const { runs, bytes } = await dropEndedRuns(agentFolder(home, name), liveRun);
      return { name, runs: runs.length, bytes };
    }),
  );
}

async function removeOne(
  { engine, until }: DaemonContext,
  { id, spec: { name } }: Agent,
  change: string,
): Promise<AgentResult> {
  await engine.submit({ type: 'deleted', agent: name });
  const isGone = (fleet: Fleet): boolean => fleet.agents[name]?.id !== id;
  const isWantedAgain = (fleet: Fleet): boolean => fleet.agents[name]?.deleting === false;
  const end = await first(until, { gone: isGone, wanted: isWantedAgain });
  return end === 'wanted' ? failed(name, change, 'operator', 'it was started meanwhile') : done(name, change);
}

/** Which of these the fleet is first; who is told only later may find that it has moved on. */
async function first<Name extends string>(
  until: DaemonContext['until'],
  ends: Readonly<Record<Name, (fleet: Fleet) => boolean>>,
): Promise<Name | null> {
  let end: Name | null = null;
  await until((fleet) => {
    for (const name in ends) if (end === null && ends[name](fleet)) end = name;
    return end !== null;
  });
  return end;
}

const isDown = (fleet: Fleet, name: string): boolean => {
  const agent = fleet.agents[name];
  return agent === undefined || agent.state.at === 'stopped';
};

async function startOne(context: DaemonContext, name: string): Promise<AgentResult> {
  await context.engine.submit({ type: 'desired', agent: name, desired: 'up' });
  return settle(context, name, null, 'started');
}

/** Waits until the agent is ready or has failed to be, in a run other than `oldRun`. */
async function settle(
  context: DaemonContext,
  name: string,
  oldRun: string | null,
  change: string,
): Promise<AgentResult> {
  const { engine, until } = context;
  const isOld = (agent: Agent): boolean => oldRun !== null && runOf(agent.state)?.id === oldRun;
  await until((fleet) => {
    const agent = fleet.agents[name];
    return agent === undefined || (!isOld(agent) && !['starting', 'stopping'].includes(agent.state.at));
  });
  const agent = engine.fleet.agents[name];
  if (agent === undefined) return failed(name, change, null, 'it was deleted meanwhile');
  return resultOf(engine.fleet, agent, change);
}

function resultOf(fleet: Fleet, agent: Agent, change: string): AgentResult {
  const { name } = agent.spec;
  if (agent.state.at === 'running') {
    if (agent.health !== 'held') return done(name, change);
    // It is ready; what it is held for shows only when it is asked.
    const cause = fleet.incidents[agent.recovery?.incident ?? '']?.cause ?? null;
    const detail = `it is held; see: agentvisor explain ${name}`;
    return cause === 'config' ? failed(name, change, cause, detail) : { ...done(name, change), detail };
  }
  if (agent.state.at === 'stopped' && agent.state.ended && agent.lastExit?.cause === 'clean')
    return done(name, 'ended');
  if (agent.desired === 'down') return failed(name, change, 'operator', 'it was stopped meanwhile');
  const exit = agent.lastExit;
  if (exit === null) return failed(name, change, null, 'it is not ready');
  return failed(name, change, exit.cause, toldOf(exit.cause, exit.detail));
}

const done = (name: string, change: string): AgentResult => ({ name, ok: true, change, cause: null, detail: '' });

const failed = (name: string, change: string, cause: AgentResult['cause'], detail: string): AgentResult => ({
  name,
  ok: false,
  change,
  cause,
  detail,
});
