import { put, record, type Draft } from './draft.ts';
import { runOf, type Agent, type AgentState, type Turn } from './fleet.ts';
import { changeGate } from './gates.ts';
import { must } from './invariant.ts';
import { COMMAND_UP_MS } from './lifecycle.ts';
import { after, laterOf, mono, type MonoDeadline } from './moment.ts';
import { durationText } from './notices.ts';
import { silenceMaxMs } from './watches.ts';

/**
 * Time in which nobody could do anything: the machine slept, a virtual one was paused, agentvisor was stopped or too busy to look.
 * No agent may be called silent or late for it, and least of all every agent at once.
 */
export type Lost = {
  /** That the monotonic clock has counted. */
  readonly countedMs: number;
  /** That it has not: the machine slept. */
  readonly asleepMs: number;
};

/**
 * After this much everybody has its full time again: connections are dead by then, and must be noticed and made anew. Less is
 * added to what was left, so that a machine that is always too busy does not put every watch off for ever.
 */
export const FRESH_START_MS = 60_000;
/** So far apart are agents looked at that all begin anew at the same moment. */
const STAGGER_MS = 1_000;

export function onTimeLost(draft: Draft, lost: Lost): void {
  let staggerMs = 0;
  for (const agent of Object.values(draft.agents)) {
    // What has become due meanwhile is done now.
    draft.touched.add(agent.spec.name);
    const isAnew = agent.turn !== null || agent.recovery?.stage === 'verifying' || isAwaited(agent.state);
    if (!isAnew) continue;
    if (isLong(lost)) record(draft, agent, 'time-lost', null, textOf(lost));
    put(draft, givenTime(draft, agent, lost, staggerMs));
    staggerMs += STAGGER_MS;
  }
  for (const { id, gates } of Object.values(draft.incidents)) {
    for (const [key, { canary, until }] of Object.entries(gates)) {
      if (canary === null) continue;
      const { timeoutMs } = must(draft.agents[canary], 'who tries is there').spec.auth.verify;
      const deadline = must(until, 'who tries has a time');
      changeGate(draft, id, key, { until: later(draft, deadline, lost, timeoutMs) });
    }
  }
}

const isLong = ({ countedMs, asleepMs }: Lost): boolean => Math.max(countedMs, asleepMs) >= FRESH_START_MS;

type Timed = Extract<AgentState, { at: 'starting' | 'stopping' }>;

/** It is given up, or ended more harshly, when its time is over. */
const isAwaited = (state: AgentState): state is Timed =>
  state.at === 'starting' || (state.at === 'stopping' && state.stage !== 'killing' && state.stage !== 'sweeping');

function givenTime(draft: Draft, agent: Agent, lost: Lost, staggerMs: number): Agent {
  const { spec, state, turn, recovery } = agent;
  const add = (deadline: MonoDeadline, fullMs: number): MonoDeadline =>
    later(draft, deadline, lost, fullMs + staggerMs);
  const isTimed = recovery?.stage === 'verifying' && recovery.next !== null;
  return {
    ...agent,
    state: isAwaited(state) ? { ...state, deadline: add(state.deadline, fullMsOf(agent)) } : state,
    turn: turn === null ? null : heardAnew(agent, turn, add),
    recovery: isTimed ? { ...recovery, next: add(recovery.next, spec.auth.verify.timeoutMs) } : recovery,
  };
}

/** What was measured meanwhile counts the time that is lost. */
function heardAnew(
  { spec, state }: Agent,
  turn: Turn,
  add: (from: MonoDeadline, fullMs: number) => MonoDeadline,
): Turn {
  const run = must(runOf(state), 'a turn needs a process');
  return { ...turn, measuring: false, busy: null, watch: add(turn.watch, silenceMaxMs(spec, run, turn.begun)) };
}

function fullMsOf({ state, spec }: Agent): number {
  const isCounted = state.at === 'starting' && spec.mode === 'command' && state.run.shim !== null;
  if (isCounted) return COMMAND_UP_MS;
  if (state.at === 'starting') return spec.watch.startTimeoutMs;
  const isInterrupting = state.at === 'stopping' && state.stage === 'interrupting';
  return isInterrupting ? spec.stop.interruptTimeoutMs : spec.stop.killTimeoutMs;
}

function later({ moment }: Draft, deadline: MonoDeadline, lost: Lost, fullMs: number): MonoDeadline {
  if (isLong(lost)) return laterOf(deadline, after(moment, fullMs));
  return { clock: 'mono', at: mono(deadline.at + lost.countedMs) };
}

function textOf({ countedMs, asleepMs }: Lost): string {
  const what = asleepMs >= countedMs ? 'the machine slept for' : 'agentvisor could not look for';
  return `${what} ${durationText(Math.max(countedMs, asleepMs))}; no silence is counted from before that`;
}
