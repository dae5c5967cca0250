import { attemptUnproven, waitsForAttempt } from './attempts.ts';
import { isStoppedByCeiling } from './costs.ts';
import { isLeftToStart } from './deadlines.ts';
import { deliverNext } from './delivery.ts';
import { holdOnFullDisk, isKeptDown } from './disk.ts';
import type { Draft } from './draft.ts';
import { attempt } from './drive-gates.ts';
import { driveFallback } from './fallback.ts';
import type { Agent, AgentState, RestartWish } from './fleet.ts';
import type { Recovery } from './trouble.ts';
import { isDueForRenewal, renew } from './idle.ts';
import { beginRun, beginStop, beginWished, comeToRest, escalate } from './lifecycle.ts';
import { cutWhenIdle } from './logs.ts';
import { isDue } from './moment.ts';
import { remove } from './operator.ts';
import { becomeReady, giveUpStart } from './processes.ts';
import { isCalled } from './roll.ts';
import { watch } from './watches.ts';

type State<At extends AgentState['at']> = Extract<AgentState, { at: At }>;

/**
 * Decides what an agent needs now, from what is wanted and what is. It asks for nothing that is already under way, so
 * that it can be called after every event.
 */
export function drive(draft: Draft, agent: Agent): void {
  const state = agent.state;
  switch (state.at) {
    case 'stopped':
      if (agent.deleting) remove(draft, agent);
      else if (agent.desired === 'up' && (agent.restart !== null || !state.ended)) beginRun(draft, agent, null);
      return;
    case 'waiting':
    case 'errored':
      driveWaiting(draft, agent, state);
      return;
    case 'starting':
      driveStarting(draft, agent, state);
      return;
    case 'running':
      driveRunning(draft, agent, state);
      return;
    case 'stopping':
      if (isDue(state.deadline, draft.moment) || isHurried(agent, state)) escalate(draft, agent, state);
  }
}

/** A restart `--now` does not wait for the end of a turn that another stop is interrupting. */
const isHurried = (agent: Agent, state: State<'stopping'>): boolean =>
  state.stage === 'interrupting' && agent.restart?.how === 'now';

/** What was asked for is done in any case; what agentvisor wants by itself waits while the agent is paused. */
const wishOf = ({ restart, paused }: Agent): RestartWish | null =>
  restart !== null && paused && (restart.cause !== 'operator' || restart.secret !== undefined) ? null : restart;

function driveWaiting(draft: Draft, agent: Agent, state: State<'waiting'> | State<'errored'>): void {
  const { recovery } = agent;
  const wish = wishOf(agent);
  if (agent.desired === 'down') comeToRest(draft, agent, 'operator', '', false);
  else if (driveFallback(draft, agent) !== null) return;
  else if (wish !== null) beginWished(draft, agent, wish);
  else if (agent.paused || !isDue(state.deadline, draft.moment) || waitsForAttempt(draft, agent)) return;
  else if (isKeptDown(draft, agent)) return;
  else if (recovery?.stage !== 'following') beginRun(draft, agent, state.cause);
  else if (isOver(recovery, draft)) attempt(draft, agent, false);
}

const isOver = ({ next }: Recovery, draft: Draft): boolean => next !== null && isDue(next, draft.moment);

function driveStarting(draft: Draft, agent: Agent, state: State<'starting'>): void {
  const wish = wishOf(agent);
  if (agent.desired === 'down') {
    beginStop(draft, agent, state.run, { cause: 'operator', detail: '', interrupt: false });
  } else if (wish !== null) {
    beginStop(draft, agent, state.run, { cause: wish.cause, detail: wish.detail, interrupt: false });
  } else if (isDue(state.deadline, draft.moment) && !isLeftToStart(agent, state.run)) {
    const isUp = agent.spec.mode === 'command' && state.run.shim !== null;
    if (isUp) becomeReady(draft, agent, state.run, '');
    else giveUpStart(draft, agent, state.run);
  }
}

function driveRunning(draft: Draft, agent: Agent, state: State<'running'>): void {
  const { run } = state;
  if (agent.desired === 'down') {
    beginStop(draft, agent, run, { cause: 'operator', detail: '', interrupt: true });
    return;
  }
  const wish = wishOf(agent);
  if (wish !== null && (wish.how !== 'after-turn' || agent.turn === null)) {
    beginStop(draft, agent, run, { cause: wish.cause, detail: wish.detail, interrupt: wish.how === 'interrupt' });
    return;
  }
  if (holdOnFullDisk(draft, agent, run)) return;
  // What a dead daemon has missed is heard before anything is decided.
  if (run.catchingUp) return;
  if (driveFallback(draft, agent) !== null) return;
  const watched = agent.paused ? agent : watch(draft, agent, run);
  const { recovery } = watched;
  if (!agent.paused && recovery !== null && isOver(recovery, draft)) {
    if (recovery.stage === 'following') attempt(draft, watched, false);
    else attemptUnproven(draft, watched);
    return;
  }
  // It is to be replaced, or its input is cut: it is asked nothing more.
  if (watched.restart !== null) return;
  if (isCalled(draft, watched)) return;
  // In front of the next message: an agent that is asked without a pause would never be cut.
  if (cutWhenIdle(draft, watched, run)) return;
  if (isDueForRenewal(draft, watched, run)) renew(draft, watched);
  else if (!isStoppedByCeiling(draft, watched)) deliverNext(draft, watched, run);
}
