import { noted } from './activity.ts';
import { giveWay, recoverIn, recoveryByOperator, waitsForAttempt } from './attempts.ts';
import { CAUSES, isFault, type Cause } from './causes.ts';
import { isOfEarlierBoot, turnToStart } from './coming-up.ts';
import { addCrash, crashesAreOver, noCrashes, PROBE_MS } from './crashes.ts';
import { isKeptDown } from './disk.ts';
import { nextNumber, put, record, type Draft } from './draft.ts';
import type { ExitHint, RunId } from './events.ts';
import type { Agent, AgentState, RestartWish, Run } from './fleet.ts';
import { takesStaged } from './ledger.ts';
import { cancelMessages } from './messages.ts';
import { after, elapsedMs, stampOf } from './moment.ts';
import { tellErrored } from './notices.ts';
import { troubleOf } from './plans.ts';
import { abandonRecovery } from './recovery.ts';
import { planSession } from './sessions.ts';
import { cutOff } from './turns.ts';

/** KILL is sent again, and the sweep asked again, when nothing was reported for this long. */
export const INSIST_MS = 5_000;
/** A command agent that lives this long is up. */
export const COMMAND_UP_MS = 1_000;

/** Starts a new run. The only place where one begins, so that an agent never has two. */
export function beginRun(draft: Draft, asked: Agent, cause: Cause | null): Agent {
  const agent = asked.spec.mode === 'stream' ? asked : cancelMessages(asked, 'the agent no longer takes messages');
  const id = String(nextNumber(draft)).padStart(6, '0');
  const planned = agent.spec.mode === 'stream' ? planSession(agent) : null;
  const { number } = planned?.session ?? agent.session;
  const run: Run = { ...newRun(draft, id), session: planned?.plan ?? null, sessionNumber: number };
  const recovery = agent.recovery === null ? null : recoverIn(draft, agent, id);
  const started: Agent = {
    ...agent,
    session: planned?.session ?? agent.session,
    state: { at: 'starting', run, deadline: after(draft.moment, agent.spec.watch.startTimeoutMs) },
    turn: null,
    restart: null,
    recovery,
    health: recovery?.stage === 'verifying' ? 'verifying' : recovery === null ? 'unknown' : agent.health,
    counts: cause === null ? agent.counts : countRestart(agent, cause),
    activity: cause === null ? agent.activity : noted(agent.activity, 'restarts', draft.moment.wall),
  };
  record(draft, started, cause === null ? 'starting' : 'restarting', cause, '');
  if (planned?.plan.kind === 'new' && planned.session.id !== agent.session.id) {
    record(draft, started, 'session-changed', null, `a fresh conversation ${planned.session.id}`);
  }
  const staged = takesStaged(draft, agent);
  draft.commands.push({ type: 'spawn', agent: agent.spec.name, run: id, session: run.session, staged });
  return put(draft, started);
}

const newRun = ({ moment }: Draft, id: RunId): Omit<Run, 'session' | 'sessionNumber'> => ({
  id,
  startedAt: stampOf(moment),
  shim: null,
  pid: null,
  adopted: false,
  catchingUp: false,
  cursor: 0,
  answered: false,
  servedAt: null,
  look: null,
  ended: null,
  totalCostUsd: 0,
  writing: null,
});

/** A run that was begun by an earlier daemon and forgotten: in which conversation, its output tells. */
export const unknownRun = (draft: Draft, { session }: Agent, id: RunId): Run => ({
  ...newRun(draft, id),
  session: null,
  sessionNumber: session.number,
  adopted: true,
});

/** The restart that somebody asked for. */
export function beginWished(draft: Draft, agent: Agent, wish: RestartWish): Agent {
  // Who goes back to the secret that it had is in the trouble that it had.
  const isOperator = wish.cause === 'operator' && wish.secret !== 'old' && agent.recovery !== null;
  const recovery = isOperator ? recoveryByOperator(draft, agent) : agent.recovery;
  return beginRun(draft, { ...agent, recovery }, wish.cause);
}

/** Begins to end the agent's run; the sweep at the end is what makes it ended. */
export function beginStop(
  draft: Draft,
  agent: Agent,
  run: Run,
  why: { readonly cause: Cause; readonly detail: string; readonly interrupt: boolean },
): Agent {
  const mayInterrupt = why.interrupt && agent.turn !== null && agent.state.at === 'running';
  const { cause, detail } = why;
  const deadline = after(draft.moment, agent.spec.stop.interruptTimeoutMs);
  const state = { at: 'stopping', run, stage: 'interrupting', deadline, asked: true, cause, detail } as const;
  record(draft, agent, 'stopping', why.cause, why.detail);
  if (mayInterrupt) {
    draft.commands.push({ type: 'interrupt', agent: agent.spec.name, run: run.id });
    return put(draft, { ...agent, state });
  }
  return escalate(draft, agent, state);
}

/**
 * What the process has open ends with a turn that the next one leaves out. Asked to end, Claude Code notes that end as the
 * place where the conversation goes on (`last-prompt`, measured on 2.1.195), and a resume after some later hard kill goes
 * back to it and drops all that came since. So it is not asked.
 */
function leavesItsEndOut({ spec, session, turn }: Agent): boolean {
  if (spec.mode !== 'stream') return false;
  if (turn === null) return session.tail === 'failed';
  return !turn.answered && !turn.usedTools && session.tail !== 'partial';
}

/** The next, harsher stage of a stop. */
export function escalate(draft: Draft, agent: Agent, state: AgentState & { at: 'stopping' }): Agent {
  const enter = (stage: typeof state.stage, delayMs: number): Agent =>
    put(draft, { ...agent, state: { ...state, stage, deadline: after(draft.moment, delayMs) } });
  switch (state.stage) {
    case 'interrupting':
      if (leavesItsEndOut(agent)) return escalate(draft, agent, { ...state, stage: 'terminating' });
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

/** Why a run is over: `asked` when agentvisor ended it. */
export type End = { readonly asked: boolean; readonly cause: Cause; readonly detail: string };

/** The process has ended: whoever else bears its cookie goes too. */
export function beginSweep(draft: Draft, agent: Agent, run: Run, end: End): Agent {
  draft.commands.push({ type: 'sweep', agent: agent.spec.name, run: run.id });
  const deadline = after(draft.moment, INSIST_MS);
  return put(draft, { ...agent, state: { at: 'stopping', run, stage: 'sweeping', deadline, ...end } });
}

/**
 * Nobody of the run is left. What comes next follows from what is wanted now, not from what was when it began to end.
 */
export function afterRun(draft: Draft, agent: Agent, run: Run, end: End): Agent {
  const { cause, detail, asked } = end;
  const isBad = !asked || isFault(cause);
  const ended = agent.turn === null ? agent : cutOff(draft, agent, agent.turn, { cause, detail, isBad });
  if (agent.desired === 'down') return comeToRest(draft, ended, 'operator', '', false);
  if (agent.restart !== null) return beginWished(draft, ended, agent.restart);
  const recovery = agent.recovery;
  if (recovery?.stage === 'replacing') return beginRun(draft, ended, troubleOf(draft, ended).incident.cause);
  if (asked && isKeptDown(draft, ended)) {
    const waiting = { at: 'waiting', deadline: after(draft.moment, 0), cause } as const;
    return put(draft, { ...ended, state: waiting, health: 'unknown' });
  }
  if (isOfEarlierBoot(run, draft.moment)) return comeUpAgain(draft, ended, cause);
  // Stopped and wanted again before it was down.
  if (asked && CAUSES[cause].action !== 'backoff') return beginRun(draft, ended, null);
  return afterOwnExit(draft, ended, run, cause);
}

/** Down, and part of no trouble any more. `ended`: by itself, and its policy leaves it there. */
export function comeToRest(draft: Draft, agent: Agent, cause: Cause, detail: string, ended: boolean): Agent {
  record(draft, agent, 'stopped', cause, detail);
  const free = abandonRecovery(draft, agent);
  return put(draft, { ...free, state: { at: 'stopped', ended }, restart: null, fallback: null, health: 'unknown' });
}

/** A conversation that cannot be opened is mended this often at once; more would be a loop. */
const MENDS_AT_ONCE_MAX = 2;

/**
 * The machine went down under it. That is no crash, and its restart policy was not asked for: what was up comes up, each in
 * its turn. Only one that had ended well and is not to be started again stays down.
 */
function comeUpAgain(draft: Draft, agent: Agent, cause: Cause): Agent {
  const { when } = agent.spec.restart;
  if (cause === 'clean' && when !== 'always') return comeToRest(draft, agent, cause, `restart.when is '${when}'`, true);
  const health: Agent['health'] = agent.recovery === null ? 'unknown' : agent.health;
  const down = giveWay(draft, { ...agent, health });
  return waitForTurn(draft, down, cause, 'the machine was restarted');
}

/** It is started when it is its turn among all that come up. */
export function waitForTurn(draft: Draft, agent: Agent, cause: Cause, why: string): Agent {
  const deadline = turnToStart(draft, agent);
  record(
    draft,
    agent,
    'waiting',
    cause,
    `${why}; ${startText(draft, agent, Math.round(deadline.at - draft.moment.mono))}`,
  );
  return put(draft, { ...agent, state: { at: 'waiting', deadline, cause } });
}

function afterOwnExit(draft: Draft, agent: Agent, run: Run, cause: Cause): Agent {
  const policy = agent.spec.restart;
  if (policy.when === 'never' || (policy.when === 'failure' && cause === 'clean')) {
    return comeToRest(draft, agent, cause, `restart.when is '${policy.when}'`, true);
  }
  const uptimeMs = run.ended?.livedMs ?? elapsedMs(run.startedAt, draft.moment);
  const over = crashesAreOver(agent.crashes, { uptimeMs, answered: run.answered }, agent.spec.mode);
  const before = over ? { ...noCrashes, recent: agent.crashes.recent } : agent.crashes;
  const counted = addCrash(before, policy, agent.spec.auth.quiet.jitter, draft.moment);
  const health: Agent['health'] = agent.recovery === null ? 'unknown' : agent.health;
  const ended: Agent = { ...agent, crashes: counted.crashes, health };
  const isMended = cause === 'session-unusable' && counted.crashes.count <= MENDS_AT_ONCE_MAX;
  if (isMended && !agent.paused && !waitsForAttempt(draft, agent)) return beginRun(draft, ended, cause);
  const crashed = giveWay(draft, ended);
  if (counted.delayMs === null) {
    if (!before.looping) tellErrored(draft, crashed, cause);
    const detail = `${policy.crashesMax} crashes; tried again every ${PROBE_MS / 60_000} min`;
    record(draft, crashed, 'errored', cause, detail);
    return put(draft, { ...crashed, state: { at: 'errored', deadline: after(draft.moment, PROBE_MS), cause } });
  }
  // The end may have been noted long ago, while no daemon was there.
  const delayMs = Math.max(0, counted.delayMs - (run.ended?.agoMs ?? 0));
  const uptimeS = Math.round(uptimeMs / 100) / 10;
  record(draft, crashed, 'waiting', cause, `lived ${uptimeS} s; ${startText(draft, crashed, delayMs)}`);
  return put(draft, { ...crashed, state: { at: 'waiting', deadline: after(draft.moment, delayMs), cause } });
}

function startText(draft: Draft, agent: Agent, delayMs: number): string {
  if (agent.paused) return 'started when it is resumed';
  return waitsForAttempt(draft, agent) ? 'started by its next attempt' : `next start in ${delayMs} ms`;
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

/** A shell reports a death by signal as this plus the signal's number. */
const SIGNALLED = 128;

/** Why a run ended by itself: what stderr or the system says of it counts more than the bare code. */
export function causeOfExit(code: number | null, hint: ExitHint | null): Cause {
  if (hint === 'oom') return 'oom';
  if (hint === 'session-missing' || hint === 'session-in-use' || hint === 'anchor-missing') return 'session-unusable';
  if (code === null) return 'unknown';
  if (code === 0) return 'clean';
  return code > SIGNALLED ? 'signal' : 'crash';
}
