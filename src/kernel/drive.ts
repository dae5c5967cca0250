import { put, record, type Draft } from './draft.ts';
import { deliverNext } from './delivery.ts';
import type { Agent, AgentState } from './fleet.ts';
import { attemptUnproven, beginAttempt, isAttemptPlanned } from './attempts.ts';
import { beginRun, beginStop, beginWished, comeToRest, escalate } from './lifecycle.ts';
import { isDue } from './moment.ts';
import { remove } from './operator.ts';
import { giveUpStart } from './processes.ts';

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
  state.stage === 'interrupting' && agent.restart?.now === true;

function driveWaiting(draft: Draft, agent: Agent, state: State<'waiting'> | State<'errored'>): void {
  if (agent.desired === 'down') {
    comeToRest(draft, agent, 'operator', '', false);
    return;
  }
  if (agent.restart !== null) {
    beginWished(draft, agent, agent.restart);
    return;
  }
  if (!isDue(state.deadline, draft.moment)) return;
  const recovery = agent.recovery;
  if (recovery === null || !isAttemptPlanned(recovery)) {
    beginRun(draft, agent, state.cause);
    return;
  }
  const cause = draft.incidents[recovery.incident]?.cause ?? state.cause;
  beginRun(draft, beginAttempt(draft, agent, recovery), cause);
}

function driveStarting(draft: Draft, agent: Agent, state: State<'starting'>): void {
  if (agent.desired === 'down') {
    beginStop(draft, agent, state.run, { cause: 'operator', detail: '', interrupt: false });
    return;
  }
  if (agent.restart !== null) {
    const { cause, detail } = agent.restart;
    beginStop(draft, agent, state.run, { cause, detail, interrupt: false });
    return;
  }
  if (!isDue(state.deadline, draft.moment)) return;
  if (agent.spec.mode === 'stream' || state.run.shim === null) {
    giveUpStart(draft, agent, state.run);
    return;
  }
  const ready = put(draft, { ...agent, state: { at: 'running', run: state.run } });
  record(draft, ready, 'ready', null, '');
}

function driveRunning(draft: Draft, agent: Agent, state: State<'running'>): void {
  if (agent.desired === 'down') {
    beginStop(draft, agent, state.run, { cause: 'operator', detail: '', interrupt: true });
    return;
  }
  if (agent.restart !== null) {
    const { cause, detail, now } = agent.restart;
    beginStop(draft, agent, state.run, { cause, detail, interrupt: !now });
    return;
  }
  // What a dead daemon has missed is heard before anything is decided.
  if (state.run.catchingUp) return;
  const recovery = agent.recovery;
  if (recovery !== null && recovery.next !== null && isDue(recovery.next, draft.moment)) {
    if (recovery.stage === 'verifying') {
      attemptUnproven(draft, agent, recovery);
      return;
    }
    const attempting = beginAttempt(draft, agent, recovery);
    const cause = draft.incidents[recovery.incident]?.cause ?? 'unknown';
    beginStop(draft, attempting, state.run, { cause, detail: recovery.incident, interrupt: true });
    return;
  }
  deliverNext(draft, agent, state.run);
}
