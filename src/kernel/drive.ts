import { put, record, type Draft } from './draft.ts';
import { deliverNext } from './delivery.ts';
import type { Agent, AgentState } from './fleet.ts';
import { beginRun, beginStop, escalate } from './lifecycle.ts';
import { isDue } from './moment.ts';
import { remove } from './operator.ts';
import { giveUpStart } from './processes.ts';
import { attemptUnproven, beginAttempt } from './recovery.ts';

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
      else if (agent.desired === 'up' && !state.ended) beginRun(draft, agent, null);
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
      if (isDue(state.deadline, draft.moment)) escalate(draft, agent, state);
  }
}

function driveWaiting(draft: Draft, agent: Agent, state: State<'waiting'> | State<'errored'>): void {
  if (agent.desired === 'down') {
    record(draft, agent, 'stopped', 'operator', '');
    put(draft, { ...agent, state: { at: 'stopped', ended: false }, health: 'unknown' });
    return;
  }
  if (agent.restart !== null) {
    beginRun(draft, agent, agent.restart.cause);
    return;
  }
  if (!isDue(state.deadline, draft.moment)) return;
  const recovery = agent.recovery;
  const isAttempt = recovery?.stage === 'planned' || recovery?.stage === 'held';
  beginRun(draft, isAttempt ? beginAttempt(draft, agent, recovery) : agent, state.cause);
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
