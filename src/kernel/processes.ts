import type { Cause } from './causes.ts';
import { isOfEarlierBoot } from './coming-up.ts';
import { put, record, type Draft } from './draft.ts';
import { deliverAgain } from './delivery.ts';
import type { ExitHint, ProcessEvent } from './events.ts';
import { runOf, type Agent, type AgentState, type Run } from './fleet.ts';
import { onHeard } from './hearing.ts';
import { must } from './invariant.ts';
import {
  afterRun,
  beginRun,
  beginStop,
  beginSweep,
  beginWished,
  causeOfExit,
  comeToRest,
  COMMAND_UP_MS,
  waitForTurn,
} from './lifecycle.ts';
import { logAfterAdoption, onLogCut, onLogCutting, onLogGrown, onLogNoted } from './logs.ts';
import { changeMessage, findMessage } from './messages.ts';
import { after, elapsedMs } from './moment.ts';
import { mendSession } from './sessions.ts';
import { cutOff, giveBack } from './turns.ts';
import { lookFrom, onMeasured } from './watches.ts';

/** What fits into a pipe in one piece (POSIX: at least 512; Linux 4096); a longer frame may have been cut by a crash. */
export const ATOMIC_BYTES_MAX = 4_096;

type StateWithRun = Extract<AgentState, { run: Run }>;

/** A report about a process. One that names another run than the agent's own is late and changes nothing. */
export function onProcess(draft: Draft, event: ProcessEvent): void {
  const agent = draft.agents[event.agent];
  if (agent === undefined || runOf(agent.state)?.id !== event.run || !('run' in agent.state)) return;
  const state = agent.state;
  switch (event.type) {
    case 'spawned':
      onSpawned(draft, agent, state, event);
      return;
    case 'pid-known':
      put(draft, withRun(agent, state, { pid: event.pid }));
      return;
    case 'spawn-failed':
      onSpawnFailed(draft, agent, state.run, event.detail);
      return;
    case 'never-spawned':
      onNeverSpawned(draft, agent, state.run);
      return;
    case 'adopted':
      onAdopted(draft, agent, state);
      return;
    case 'caught-up':
      onCaughtUp(draft, agent, state);
      return;
    case 'exited':
      onExited(draft, agent, state, event);
      return;
    case 'gone':
      onGone(draft, agent, state, event.leftovers);
      return;
    case 'writing':
      put(draft, withRun(agent, state, { writing: { uuid: event.uuid, bytes: event.bytes } }));
      return;
    case 'written':
      put(draft, withRun(agent, state, { writing: null }));
      return;
    case 'not-written':
      onNotWritten(draft, agent, state, event.uuid, event.partial);
      return;
    case 'heard':
      onHeard(draft, agent, event, event.fact);
      return;
    case 'measured':
      onMeasured(draft, agent, event);
      return;
    case 'log-grown':
      onLogGrown(draft, agent, state, event);
      return;
    case 'log-cutting':
      onLogCutting(draft, agent, state, event);
      return;
    case 'log-cut':
      onLogCut(draft, agent, state, event);
      return;
    case 'log-noted':
      onLogNoted(draft, agent, state, event);
  }
}

const withRun = (agent: Agent, state: StateWithRun, change: Partial<Run>): Agent => ({
  ...agent,
  state: { ...state, run: { ...state.run, ...change } },
});

function onSpawned(
  draft: Draft,
  agent: Agent,
  state: StateWithRun,
  event: Extract<ProcessEvent, { type: 'spawned' }>,
): void {
  const shim = { pid: event.shimPid, start: event.shimStart, boot: draft.moment.boot };
  const spawned = { ...withRun(agent, state, { shim }), fingerprint: event.fingerprint };
  if (state.at === 'starting' && agent.spec.mode === 'command') {
    const deadline = after(draft.moment, COMMAND_UP_MS);
    put(draft, { ...spawned, state: { ...state, run: { ...state.run, shim }, deadline } });
    return;
  }
  put(draft, spawned);
  repeatCommand(draft, spawned);
}

/** Asks the host again for what the state waits for: the command was lost, or came before there was a process. */
function repeatCommand(draft: Draft, agent: Agent): void {
  const { state } = agent;
  const target = { agent: agent.spec.name, run: must(runOf(state), 'its host has spoken of its run').id };
  if (state.at === 'starting') {
    if (agent.spec.mode === 'stream') draft.commands.push({ type: 'initialize', ...target });
    return;
  }
  if (state.at !== 'stopping') return;
  switch (state.stage) {
    case 'interrupting':
      draft.commands.push({ type: 'interrupt', ...target });
      return;
    case 'terminating':
      draft.commands.push({ type: 'signal', ...target, signal: 'TERM' });
      return;
    case 'killing':
      draft.commands.push({ type: 'signal', ...target, signal: 'KILL' });
      return;
    case 'sweeping':
      draft.commands.push({ type: 'sweep', ...target });
  }
}

function onSpawnFailed(draft: Draft, agent: Agent, run: Run, detail: string): void {
  // What has a process ends by its exit.
  if (run.shim !== null) return;
  record(draft, agent, 'exited', 'spawn-failed', detail);
  const lastExit = { run: run.id, cause: 'spawn-failed' as const, detail };
  afterRun(draft, { ...agent, lastExit }, run, { asked: false, cause: 'spawn-failed', detail });
}

function onNeverSpawned(draft: Draft, agent: Agent, run: Run): void {
  if (run.shim !== null) return;
  const detail = 'it never had a process';
  const idle =
    agent.turn === null ? agent : cutOff(draft, agent, agent.turn, { cause: 'unknown', detail, isBad: false });
  if (agent.desired === 'down') comeToRest(draft, idle, 'operator', '', false);
  else if (agent.restart !== null) beginWished(draft, idle, agent.restart);
  else if (draft.safeMode !== null && agent.paused) putOff(draft, idle);
  else if (isOfEarlierBoot(run, draft.moment)) waitForTurn(draft, idle, 'unknown', 'the machine was restarted');
  else beginRun(draft, idle, null);
}

/** It may be the spawn that daemons crash of. */
function putOff(draft: Draft, agent: Agent): void {
  record(draft, agent, 'waiting', null, 'started when it is resumed');
  put(draft, { ...agent, state: { at: 'waiting', deadline: after(draft.moment, 0), cause: 'unknown' } });
}

function onAdopted(draft: Draft, agent: Agent, state: StateWithRun): void {
  const heldOn = withRun(agent, state, { ...logAfterAdoption(state.run), adopted: true, catchingUp: true });
  // It is asked anew whether it listens, and has the full time to say so.
  const isAskedAnew = heldOn.state.at === 'starting' && agent.spec.mode === 'stream';
  const deadline = after(draft.moment, agent.spec.watch.startTimeoutMs);
  const adopted = put(draft, isAskedAnew ? { ...heldOn, state: { ...heldOn.state, deadline } } : heldOn);
  record(draft, adopted, 'adopted', null, '');
  repeatCommand(draft, adopted);
}

/** All that was said meanwhile is known: now it can be told whether the last delivery arrived. */
function onCaughtUp(draft: Draft, agent: Agent, state: StateWithRun): void {
  const { writing } = state.run;
  const isCut = writing !== null && writing.bytes > ATOMIC_BYTES_MAX;
  // Should the next daemon die, too, before the run is replaced, its input is still cut.
  const ready = put(draft, withRun(agent, state, { catchingUp: false, writing: isCut ? writing : null }));
  if (ready.state.at !== 'running') return;
  if (isCut) {
    put(draft, replaceForInput(ready, CUT));
    return;
  }
  // It was to be replaced already, perhaps for its input: while it is paused that waits, and nothing more is written.
  if (ready.restart?.how !== 'now') deliverAgain(draft, ready, ready.state.run);
}

const CUT = 'a message was cut in the middle on its way in';
const UNSURE = 'nobody knows whether a message has arrived';

/**
 * A half-written line with the next one glued to it would end the process anyway. One that has accepted its message may
 * answer that first; one that is ending needs nothing. What an operator asks for happens by it, too.
 */
function replaceForInput(agent: Agent, detail: string): Agent {
  const { restart, turn, state } = agent;
  if (state.at !== 'running') return agent;
  const how = turn?.accepted === true ? 'after-turn' : 'now';
  if (restart?.cause !== 'operator') return { ...agent, restart: { cause: 'crash', how, detail } };
  return how === 'now' ? { ...agent, restart: { ...restart, how } } : agent;
}

/** How long an agent that does not read its input is left alone before the same message is tried again. */
export const NOT_READING_MS = 5_000;

function onNotWritten(draft: Draft, agent: Agent, state: StateWithRun, uuid: string, partial: boolean): void {
  const kept = withRun(agent, state, { writing: null });
  const turn = agent.turn;
  if (turn?.uuid !== uuid || turn.message === null || turn.accepted) {
    put(draft, partial ? replaceForInput(kept, CUT) : kept);
    return;
  }
  if (turn.repeated) {
    // The first copy may be in: the message stays in the agent, and what becomes of it is heard until the process is gone.
    put(draft, replaceForInput(kept, partial ? CUT : UNSURE));
    return;
  }
  const detail = 'the agent does not take its input';
  const returned = giveBack(draft, { ...kept, turn: null }, turn, { cause: 'unknown', detail, isBad: partial });
  if (partial) {
    put(draft, replaceForInput(returned, CUT));
    return;
  }
  // Nothing was taken, so the same delivery is tried again: should that be wrong, the agent drops the second copy.
  const deliveries = must(findMessage(returned, turn.message), 'it was given back').deliveries - 1;
  const patience = { delayMs: 0, tier: null, ...agent.patience, until: after(draft.moment, NOT_READING_MS) };
  put(draft, { ...changeMessage(returned, turn.message, { deliveries }), patience });
}

function onExited(
  draft: Draft,
  agent: Agent,
  state: StateWithRun,
  event: Extract<ProcessEvent, { type: 'exited' }>,
): void {
  // It has been told before, perhaps by a daemon that died before the end of the sweep.
  if (state.run.ended !== null) return;
  const asked = state.at === 'stopping' && state.asked;
  const cause: Cause = asked ? state.cause : causeOfExit(event.code, event.hint);
  const detail = [event.code === null ? 'nobody recorded the exit code' : `exit code ${event.code}`, event.detail]
    .filter((part) => part !== '')
    .join(': ');
  record(draft, agent, 'exited', cause, detail);
  const run = { ...state.run, ended: endOf(state.run, event.at, draft) };
  const mended = afterHint(draft, agent, run, asked ? null : event.hint);
  const reboot = isOfEarlierBoot(run, draft.moment) ? ({ reboot: true } as const) : {};
  const lastExit = asked ? agent.lastExit : { run: event.run, cause, detail, ...reboot };
  beginSweep(draft, { ...mended, lastExit }, run, { asked, cause, detail: asked ? state.detail : detail });
}

/** The shim's note counts where nobody looked when the process ended; a wall clock that was set cannot make it longer. */
function endOf(run: Run, at: number | null, draft: Draft): NonNullable<Run['ended']> {
  const seenMs = elapsedMs(run.startedAt, draft.moment);
  const livedMs = at === null ? seenMs : Math.min(seenMs, Math.max(0, at - run.startedAt.wall));
  return { livedMs, agoMs: seenMs - livedMs };
}

/** What the CLI says on stderr about a session it will not open decides how the next run gets its conversation. */
function afterHint(draft: Draft, agent: Agent, run: Run, hint: ExitHint | null): Agent {
  // A new conversation under an id that exists was begun by a run of ours whose first word nobody heard.
  const isOwn = hint === 'session-in-use' && run.session?.kind === 'new' && !agent.session.begun;
  if (isOwn) return { ...agent, session: { ...agent.session, begun: true } };
  if (hint === 'session-in-use') return mendSession(draft, agent);
  if (hint === 'anchor-missing') {
    const { lastGood } = agent.session;
    const lost =
      'Claude Code does not find the place to resume at: what came last may be missing from the conversation';
    record(draft, agent, 'session-changed', 'session-unusable', lost);
    const tail = lastGood === null ? agent.session.tail : 'clean';
    return { ...agent, session: { ...agent.session, lastGood: null, firstAsked: null, tail } };
  }
  if (hint !== 'session-missing') return agent;
  const lost = { ...agent, session: { ...agent.session, lastGood: null } };
  return mendSession(draft, lost);
}

function onGone(draft: Draft, agent: Agent, state: StateWithRun, leftovers: number): void {
  if (state.at !== 'stopping' || state.stage !== 'sweeping') return;
  if (leftovers > 0) record(draft, agent, 'leftovers', 'leftovers', `${leftovers} process(es) ended`);
  draft.commands.push({ type: 'retire-run', agent: agent.spec.name, run: state.run.id });
  const { asked, cause, detail } = state;
  afterRun(draft, agent, state.run, { asked, cause, detail });
}

/** The agent listens: from now on it can be given messages. */
export function becomeReady(draft: Draft, agent: Agent, run: Run, detail: string): Agent {
  const look = lookFrom(draft, agent.spec);
  const ready = put(draft, { ...agent, state: { at: 'running', run: { ...run, look } } });
  record(draft, ready, 'ready', null, detail);
  return ready;
}

/** Used by the drive for a start that takes too long. */
export function giveUpStart(draft: Draft, agent: Agent, run: Run): Agent {
  const detail = `not ready after ${Math.round(agent.spec.watch.startTimeoutMs / 1000)} s`;
  const failed: Agent = { ...agent, lastExit: { run: run.id, cause: 'start-timeout', detail } };
  return beginStop(draft, failed, run, { cause: 'start-timeout', detail, interrupt: false });
}
