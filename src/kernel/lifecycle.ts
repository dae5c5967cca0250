import { CAUSES, type Cause } from './causes.ts';
import { addCrash, crashesAreOver, noCrashes, PROBE_MS } from './crashes.ts';
import { nextNumber, put, record, type Draft } from './draft.ts';
import type { Agent, AgentState, Run } from './fleet.ts';
import { after, elapsedMs, stampOf } from './moment.ts';
import { attemptRuns } from './recovery.ts';
import { planSession } from './sessions.ts';

/** KILL is sent again, and the sweep asked again, when nothing was reported for this long. */
export const INSIST_MS = 5_000;
/** A command agent that lives this long is up. */
export const COMMAND_UP_MS = 1_000;

/** Starts a new run. The only place where one begins, so that an agent never has two. */
export function beginRun(draft: Draft, agent: Agent, cause: Cause | null): Agent {
  const id = String(nextNumber(draft)).padStart(6, '0');
  const planned = agent.spec.mode === 'stream' ? planSession(agent) : null;
  const run: Run = {
    id,
    startedAt: stampOf(draft.moment),
    shim: null,
    pid: null,
    session: planned?.plan ?? null,
    adopted: false,
    catchingUp: false,
    cursor: 0,
    answered: false,
    totalCostUsd: 0,
    writing: null,
  };
  const recovery = agent.recovery;
  const isAttempt = recovery?.stage === 'replacing';
  const started: Agent = {
    ...agent,
    session: planned?.session ?? agent.session,
    state: { at: 'starting', run, deadline: after(draft.moment, agent.spec.watch.startTimeoutMs) },
    turn: null,
    restart: null,
    recovery: isAttempt ? attemptRuns(draft, agent, recovery, id) : recovery,
    health: isAttempt || recovery?.stage === 'verifying' ? 'verifying' : recovery === null ? 'unknown' : agent.health,
    counts: cause === null ? agent.counts : countRestart(agent, cause),
  };
  record(draft, started, cause === null ? 'starting' : 'restarting', cause, '');
  draft.commands.push({ type: 'spawn', agent: agent.spec.name, run: id, session: run.session });
  return put(draft, started);
}

/** Begins to end the agent's run; the sweep at the end is what makes it ended. */
export function beginStop(
  draft: Draft,
  agent: Agent,
  run: Run,
  why: { readonly cause: Cause; readonly detail: string; readonly interrupt: boolean },
): Agent {
  const policy = agent.spec.stop;
  const mayInterrupt = why.interrupt && agent.turn !== null && agent.state.at === 'running';
  const stopping = (stage: 'interrupting' | 'terminating', delayMs: number): AgentState => ({
    at: 'stopping',
    run,
    stage,
    deadline: after(draft.moment, delayMs),
    cause: why.cause,
    detail: why.detail,
  });
  record(draft, agent, 'stopping', why.cause, why.detail);
  if (mayInterrupt) {
    draft.commands.push({ type: 'interrupt', agent: agent.spec.name, run: run.id });
    return put(draft, { ...agent, state: stopping('interrupting', policy.interruptTimeoutMs) });
  }
  signal(draft, agent, run, 'TERM');
  return put(draft, { ...agent, state: stopping('terminating', policy.killTimeoutMs) });
}

/** The next, harsher stage of a stop. */
export function escalate(draft: Draft, agent: Agent, state: AgentState & { at: 'stopping' }): Agent {
  const enter = (stage: typeof state.stage, delayMs: number): Agent =>
    put(draft, { ...agent, state: { ...state, stage, deadline: after(draft.moment, delayMs) } });
  switch (state.stage) {
    case 'interrupting':
      signal(draft, agent, state.run, 'TERM');
      return enter('terminating', agent.spec.stop.killTimeoutMs);
    case 'terminating':
      signal(draft, agent, state.run, 'KILL');
      return enter('killing', INSIST_MS);
    case 'killing':
    case 'sweeping':
      draft.commands.push({ type: 'sweep', agent: agent.spec.name, run: state.run.id });
      return enter('sweeping', INSIST_MS);
  }
}

/** The process has ended: whoever else bears its cookie goes too. */
export function beginSweep(
  draft: Draft,
  agent: Agent,
  run: Run,
  cause: Cause,
  detail: string,
): Agent {
  draft.commands.push({ type: 'sweep', agent: agent.spec.name, run: run.id });
  const deadline = after(draft.moment, INSIST_MS);
  return put(draft, {
    ...agent,
    state: { at: 'stopping', run, stage: 'sweeping', deadline, cause, detail },
  });
}

/** Nobody of the run is left. What comes next follows from what is wanted now, not from what was when it began to end. */
export function afterRun(draft: Draft, agent: Agent, run: Run, cause: Cause): Agent {
  const ended: Agent = { ...agent, turn: null };
  if (agent.desired === 'down') {
    record(draft, agent, 'stopped', cause, '');
    return put(draft, { ...ended, state: { at: 'stopped', ended: false }, restart: null, health: 'unknown' });
  }
  if (agent.restart !== null) return beginRun(draft, ended, agent.restart.cause);
  const recovery = agent.recovery;
  if (recovery?.stage === 'replacing') {
    return beginRun(draft, ended, draft.incidents[recovery.incident]?.cause ?? 'unknown');
  }
  if (recovery !== null && recovery.next !== null && recovery.stage !== 'verifying') {
    return put(draft, { ...ended, state: { at: 'waiting', deadline: recovery.next, cause } });
  }
  return afterOwnExit(draft, ended, run, cause);
}

function afterOwnExit(draft: Draft, agent: Agent, run: Run, cause: Cause): Agent {
  const policy = agent.spec.restart;
  if (policy.when === 'never' || (policy.when === 'failure' && cause === 'clean')) {
    record(draft, agent, 'stopped', cause, `restart.when is '${policy.when}'`);
    return put(draft, { ...agent, state: { at: 'stopped', ended: true }, health: 'unknown' });
  }
  if (cause === 'session-unusable') return beginRun(draft, agent, cause);
  const over = crashesAreOver(agent.crashes, run, agent.spec.mode, draft.moment);
  const before = over ? { ...noCrashes, recent: agent.crashes.recent } : agent.crashes;
  const counted = addCrash(before, policy, agent.spec.auth.quiet.jitter, draft.moment);
  const crashed = { ...agent, crashes: counted.crashes };
  if (counted.delayMs === null) {
    record(draft, crashed, 'errored', cause, `${policy.crashesMax} crashes; tried again every 30 min`);
    return put(draft, { ...crashed, state: { at: 'errored', deadline: after(draft.moment, PROBE_MS), cause } });
  }
  const uptimeS = Math.round(elapsedMs(run.startedAt, draft.moment) / 100) / 10;
  record(draft, crashed, 'waiting', cause, `lived ${uptimeS} s; next start in ${counted.delayMs} ms`);
  return put(draft, { ...crashed, state: { at: 'waiting', deadline: after(draft.moment, counted.delayMs), cause } });
}

function signal(draft: Draft, agent: Agent, run: Run, name: 'TERM' | 'KILL'): void {
  draft.commands.push({ type: 'signal', agent: agent.spec.name, run: run.id, signal: name });
}

function countRestart(agent: Agent, cause: Cause): Agent['counts'] {
  const { restarts, byCause } = agent.counts;
  return {
    ...agent.counts,
    restarts: restarts + 1,
    byCause: { ...byCause, [cause]: (byCause[cause] ?? 0) + 1 },
  };
}

/** Why a run ended, from its exit code; 137 that we did not send is most likely the kernel's memory killer. */
export function causeOfExit(code: number | null, hint: string | null): Cause {
  if (hint === 'oom') return 'oom';
  if (hint === 'session-missing' || hint === 'session-in-use') return 'session-unusable';
  if (code === null) return 'unknown';
  if (code === 0) return 'clean';
  return code > 128 ? 'signal' : 'crash';
}

/** What an operator is told of a cause. */
export const toldOf = (cause: Cause): string => CAUSES[cause].told;
