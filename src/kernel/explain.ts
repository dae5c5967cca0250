import { CAUSES } from './causes.ts';
import { nextAttempt } from './deadlines.ts';
import type { Agent, Fleet } from './fleet.ts';
import { expectedAt, type Moment } from './moment.ts';

/** In one or two sentences: what is, why, what happens next and when, what a person could do. */
export function explain(fleet: Fleet, agent: Agent, moment: Moment): string {
  return [whatIs(agent), why(fleet, agent), whatNext(agent, moment)].filter((part) => part !== '').join(' ');
}

function whatIs(agent: Agent): string {
  const name = agent.spec.name;
  switch (agent.state.at) {
    case 'stopped':
      return agent.state.ended ? `${name} has ended and stays down.` : `${name} is stopped.`;
    case 'starting':
      return `${name} is starting.`;
    case 'running':
      return agent.turn === null
        ? `${name} is up and ${agent.health}.`
        : `${name} is up, ${agent.health}, and works on a turn.`;
    case 'stopping':
      return `${name} is being stopped.`;
    case 'waiting':
      return `${name} is down and will be started again.`;
    case 'errored':
      return `${name} ended too often and is only tried now and then.`;
  }
}

function why(fleet: Fleet, agent: Agent): string {
  const incident = agent.recovery === null ? undefined : fleet.incidents[agent.recovery.incident];
  if (incident !== undefined) {
    const evidence = incident.evidence.at(-1) ?? '';
    return `${CAUSES[incident.cause].told} Evidence: ${evidence}.`;
  }
  const isDown = agent.state.at === 'waiting' || agent.state.at === 'errored';
  if (!isDown || agent.lastExit === null) return '';
  return `${CAUSES[agent.lastExit.cause].told} ${agent.lastExit.detail}.`;
}

function whatNext(agent: Agent, moment: Moment): string {
  const name = agent.spec.name;
  const next = nextAttempt(agent);
  if (next !== null) {
    const at = new Date(expectedAt(next, moment)).toISOString();
    return `The next attempt is at ${at}; sooner with: agentvisor restart ${name}`;
  }
  if (agent.health === 'held') return `When that is mended: agentvisor restart ${name}`;
  if (agent.state.at === 'stopped') return `Start it with: agentvisor start ${name}`;
  return '';
}
