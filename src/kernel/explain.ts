import { CAUSES, isLimit, toldOf, type Cause, type Health } from './causes.ts';
import { nextAttempt } from './deadlines.ts';
import { isKeptDown } from './disk.ts';
import { runOf, type Agent, type AgentState, type Fleet } from './fleet.ts';
import type { Gate, Incident, Recovery } from './trouble.ts';
import { gateOf } from './gates.ts';
import { logOf } from './logs.ts';
import { incidentOf } from './membership.ts';
import { expectedAt, type Deadline, type Moment } from './moment.ts';
import { causeOfHold } from './plans.ts';

/** For people, each one sentence or ''. */
export type Explanation = {
  readonly is: string;
  /** The reason and its evidence. */
  readonly why: string;
  /** What happens next, and when. */
  readonly next: string;
  /** What a person could do. */
  readonly todo: string;
};

/** What is, why, what happens next and when, what a person could do. */
export function explain(fleet: Fleet, agent: Agent, moment: Moment): Explanation {
  const incident = incidentOf(fleet, agent);
  return {
    is: whatIs(agent),
    why: why(agent, incident),
    next: whatNext(fleet, agent, incident, moment),
    todo: whatToDo(agent, incident),
  };
}

export const explanationText = ({ is, why: reason, next, todo }: Explanation): string =>
  sentences(is, reason, next, todo);

const WORDS: Readonly<Record<AgentState['at'], string>> = {
  stopped: 'is stopped',
  starting: 'is starting',
  running: 'is up',
  stopping: 'is being stopped',
  waiting: 'is down and will be started again',
  errored: 'ended too often and is only tried now and then',
};

const HEALTH_WORDS: Readonly<Record<Health, string>> = {
  unknown: '; this process has had no turn yet',
  healthy: ' and healthy',
  suspect: ' and suspect: it is rejected in this turn',
  wedged: ' and wedged: it is rejected',
  quiet: ' and quiet: it waits for an attempt',
  verifying: ' and verifying: it must prove itself',
  throttled: ' and throttled',
  capped: ' and capped',
  held: ' and held',
  stalled: ' and stalled',
};

function whatIs({ spec, state, health, turn, paused, queue }: Agent): string {
  const ended = state.at === 'stopped' && state.ended ? 'has ended and stays down' : WORDS[state.at];
  // A command agent has no turns to say anything of.
  const isKnown = state.at === 'running' && (spec.mode === 'stream' || health !== 'unknown');
  const running = isKnown ? HEALTH_WORDS[health] : '';
  const inTurn = turn === null ? '' : ', works on a turn';
  const waiting = queue.filter((message) => message.state === 'queued').length;
  const messages = waiting === 0 ? '' : waiting === 1 ? ', 1 message waits' : `, ${waiting} messages wait`;
  return `${spec.name} ${ended}${running}${inTurn}${messages}${paused ? ', paused' : ''}.`;
}

function why(agent: Agent, incident: Incident | undefined): string {
  if (incident !== undefined) {
    const shared = incident.open.length > 1 ? ` ${incident.open.length} agents are in it.` : '';
    const evidence = incident.evidence.at(-1)?.replace(/\.$/, '');
    return `${CAUSES[causeOf(agent, incident)].told}${shared} Evidence (${incident.id}): ${evidence}.`;
  }
  const { health } = agent;
  if (health === 'suspect') return 'The API rejects this turn; Claude Code itself is still trying.';
  if (health === 'throttled') return 'The API limits or fails this turn; Claude Code itself is still trying.';
  const lost = agent.finished.at(-1);
  if (lost?.state === 'failed' && lost.cause !== null)
    return `Its last message failed. ${toldOf(lost.cause, lost.detail)}`;
  if (!isDown(agent.state) || agent.lastExit === null) return '';
  if (agent.lastExit.reboot) return 'The machine was restarted, which ended its process.';
  return toldOf(agent.lastExit.cause, agent.lastExit.detail);
}

/** Why an agent is in trouble or down, null when it is neither. */
export function causeNow(fleet: Fleet, agent: Agent): Cause | null {
  const incident = incidentOf(fleet, agent);
  if (incident !== undefined) return causeOf(agent, incident);
  return isDown(agent.state) ? (agent.lastExit?.cause ?? null) : null;
}

/** What holds an agent says more than the wider trouble that it is in. */
const causeOf = ({ recovery }: Agent, incident: Incident): Cause =>
  recovery?.stage === 'held' ? causeOfHold(incident) : incident.cause;

function whatNext(fleet: Fleet, agent: Agent, incident: Incident | undefined, moment: Moment): string {
  if (agent.paused) return whilePaused(fleet);
  if (waitsForRoom(fleet, agent)) return 'It goes on by itself when the disk has room again.';
  if (agent.restart !== null) return 'It is restarted as soon as its turn has ended.';
  const next = nextAttempt(fleet, agent);
  const at = next === null ? null : timeOf(next, moment);
  const { recovery } = agent;
  if (recovery === null || incident === undefined) {
    return sentences(at === null ? '' : `The next start is at ${at}.`, returnText(agent, moment));
  }
  return nextInIncident(agent.spec.name, recovery, gateOf(incident, recovery.gate), at);
}

function whilePaused({ safeMode }: Fleet): string {
  if (safeMode === null) return 'agentvisor decides nothing for it until it is resumed.';
  return `agentvisor is in safe mode: ${safeMode.why}. It decides nothing by itself until: agentvisor daemon restart.`;
}

/** When an agent that works on another credential tries its own one again. */
function returnText({ fallback }: Agent, moment: Moment): string {
  if (fallback === null) return '';
  const { own, name, returning, until } = fallback;
  if (returning) return `It tries '${own}' again; should that still be refused, it goes on with '${name}'.`;
  return `It works on '${name}' while '${own}' is in trouble, which is tried again at ${timeOf(until, moment)}.`;
}

function nextInIncident(name: string, { stage, attempts }: Recovery, gate: Gate, at: string | null): string {
  switch (stage) {
    case 'gated':
      if (gate.canary !== null) return `${gate.canary} tries for all; ${name} follows when it has answered.`;
      return `The next attempt on this credential is at ${at}${learnedText(gate)}.`;
    case 'following':
      return `Another agent has answered; ${name} is restarted at ${at}.`;
    case 'replacing':
      return `Attempt ${attempts} is under way.`;
    case 'verifying':
      return 'Its new process must answer before it is called recovered.';
    case 'held':
      return at === null ? 'Nothing is tried by itself.' : `One agent tries at ${at}, in case it was mended meanwhile.`;
    case 'waiting':
      return at === null ? 'It is being asked again.' : `It is asked again at ${at}.`;
  }
}

/** It stands still, or is down, because the disk is full. */
function waitsForRoom(fleet: Fleet, agent: Agent): boolean {
  const run = runOf(agent.state);
  return run === null ? isKeptDown(fleet, agent) : logOf(run).held;
}

/** Why it is at that time, when no schedule says so. */
const learnedText = ({ learned }: Gate): string =>
  learned === undefined ? '' : `, a time learned from the lengths of ${learned.windows} earlier windows`;

const timeOf = (deadline: Deadline, moment: Moment): string => new Date(expectedAt(deadline, moment)).toISOString();

function whatToDo(agent: Agent, incident: Incident | undefined): string {
  const { spec, state, turn, paused, recovery } = agent;
  const { name } = spec;
  if (state.at === 'stopped') return `Start it: agentvisor start ${name}`;
  if (paused) return `Let it go on: agentvisor resume ${name}`;
  if (incident === undefined || recovery === null) return isDown(state) ? startNow(agent) : '';
  const { todo } = CAUSES[causeOf(agent, incident)];
  if (recovery.stage === 'held') return `${todo} Try at once: agentvisor restart ${name}`;
  if (recovery.stage === 'replacing' || recovery.stage === 'verifying') return todo;
  if (!isLimit(incident.cause)) return sentences(todo, `To try now: agentvisor restart ${name}`);
  // Of which it was just said that no restart helps: it only makes the agent ask.
  return turn === null ? sentences(todo, `Ask sooner, in a new process: agentvisor restart ${name}`) : todo;
}

const isDown = ({ at }: AgentState): boolean => at === 'waiting' || at === 'errored';

/** What was never started has printed nothing. */
function startNow({ spec: { name }, lastExit }: Agent): string {
  if (lastExit?.cause === 'spawn-failed') return `Start it now: agentvisor restart ${name}`;
  return `What it printed: agentvisor logs ${name}; start it now: agentvisor restart ${name}`;
}

const sentences = (...all: readonly string[]): string => all.filter((one) => one !== '').join(' ');
