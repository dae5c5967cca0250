import { put, record, type Draft } from './draft.ts';
import type { ProcessEvent } from './events.ts';
import type { Agent, Run, Turn } from './fleet.ts';
import { joinIncident } from './membership.ts';
import { after, elapsedMs, idleMs, isDue, stampOf, type MonoDeadline, type Stamp } from './moment.ts';
import { isPlanned, planAttempt } from './plans.ts';
import { askForRenewal } from './idle.ts';
import type { AgentSpec } from './spec.ts';

/** A measurement that nobody answers is asked for again after this. */
export const MEASURE_MS = 10_000;
/** Who is silent too long may be at work: what it uses is looked at for this long, or for this part of the silence. */
const BUSY_MS_MAX = 60_000;
const BUSY_PART = 4;
/** It is at work when it uses more than this share of a processor; one that waits for ever uses next to nothing. */
const BUSY_SHARE = 0.05;
/** How often the memory of an agent that has a limit is looked at. */
const LOOK_MS = 30_000;
/** The same, of one that has been seen above its limit and goes on with its turn. */
const CLOSE_LOOK_MS = 5_000;
/** Beyond so many times its limit the end of its turn is not waited for. */
const HARD_LIMIT_TIMES = 2;

/**
 * How long a turn may be silent. One that was just written to a process which has served before must begin sooner: that
 * is its life after the result.
 */
export const silenceMaxMs = (spec: AgentSpec, run: Run, begun: boolean): number =>
  begun || run.servedAt === null ? spec.watch.turnSilenceMs : spec.watch.afterResultMs;

/**
 * When the silence of a turn is looked at.
 * @param waitMs how long Claude Code itself said that it waits before it asks the API again
 */
export const watchFrom = (draft: Draft, agent: Agent, run: Run, begun: boolean, waitMs: number): MonoDeadline =>
  after(draft.moment, silenceMaxMs(agent.spec, run, begun) + waitMs);

/** When the memory of an agent is looked at next. */
export const lookFrom = ({ moment }: Draft, { memory }: AgentSpec): MonoDeadline | null =>
  memory.maxBytes === null ? null : after(moment, LOOK_MS);

/** Has measured what is due to be looked at. */
export function watch(draft: Draft, agent: Agent, run: Run): Agent {
  const { turn } = agent;
  const isSilent = turn !== null && isDue(turn.watch, draft.moment);
  const isLookedAt = run.look !== null && isDue(run.look, draft.moment);
  if (!isSilent && !isLookedAt) return agent;
  draft.commands.push({ type: 'measure', agent: agent.spec.name, run: run.id });
  const look = lookFrom(draft, agent.spec);
  const watched = isSilent ? { ...turn, measuring: true, watch: after(draft.moment, MEASURE_MS) } : turn;
  return put(draft, { ...agent, turn: watched, state: { at: 'running', run: { ...run, look } } });
}

/** What the host has seen of an agent: too much memory is renewed behind the turn, too long a silence ends it. */
export function onMeasured(draft: Draft, agent: Agent, event: Extract<ProcessEvent, { type: 'measured' }>): void {
  const { state, turn, spec, paused } = agent;
  if (state.at !== 'running' || paused) return;
  const known = onMemory(draft, agent, state.run, event.rssBytes ?? 0);
  if (turn === null || !turn.measuring || known.restart?.how === 'interrupt') return;
  const limitMs = silenceMaxMs(spec, state.run, turn.begun);
  const silentMs = Math.min(event.silentMs, elapsedMs(turn.startedAt, draft.moment));
  const mayTry = known.recovery === null || !isPlanned(known.recovery) || isAwaited(known);
  if (silentMs < limitMs || !mayTry) {
    lookAgain(draft, known, turn, Math.max(MEASURE_MS, limitMs - silentMs), null);
  } else if (mayBeBusy(turn, event.cpuMs, draft.moment)) {
    const busy = { cpuMs: event.cpuMs, at: stampOf(draft.moment) };
    lookAgain(draft, known, turn, Math.min(BUSY_MS_MAX, limitMs / BUSY_PART), busy);
  } else onSilence(draft, known, state.run, turn, silentMs);
}

/** Too much of it is renewed at the end of the turn; far too much, before it takes the others along, at once. */
function onMemory(draft: Draft, agent: Agent, run: Run, rssBytes: number): Agent {
  const { turn, spec, restart } = agent;
  const { maxBytes } = spec.memory;
  if (maxBytes === null || rssBytes <= maxBytes) return agent;
  // What one process uses before its first turn, the next one does, too.
  if (spec.mode === 'stream' && run.servedAt === null && turn === null) return agent;
  if (rssBytes > HARD_LIMIT_TIMES * maxBytes) {
    const detail = `it uses ${megabytes(rssBytes)} MB, more than twice the ${megabytes(maxBytes)} MB that it may`;
    return put(draft, { ...agent, restart: { cause: 'memory', detail, ...restart, how: 'interrupt' } });
  }
  const watched: Run = { ...run, look: after(draft.moment, CLOSE_LOOK_MS) };
  const looked = put(draft, { ...agent, state: { at: 'running', run: watched } });
  return run.servedAt === null && spec.mode === 'stream' ? looked : askForRenewal(draft, looked, 'memory');
}

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

function lookAgain(draft: Draft, agent: Agent, turn: Turn, delayMs: number, busy: Turn['busy']): void {
  put(draft, { ...agent, turn: { ...turn, measuring: false, busy, watch: after(draft.moment, delayMs) } });
}

/** A tool may say nothing for long while it works: its processes use time, or come and go. */
function mayBeBusy({ busy }: Turn, cpuMs: number | null, now: Stamp): cpuMs is number {
  if (cpuMs === null) return false;
  return busy === null || Math.abs(cpuMs - busy.cpuMs) > elapsedMs(busy.at, now) * BUSY_SHARE;
}

/** An operator's reload waits for the end of the turn. */
const isAwaited = ({ restart }: Agent): boolean => restart?.cause === 'operator';

function onSilence(draft: Draft, agent: Agent, run: Run, turn: Turn, silentMs: number): void {
  const isDeaf = !turn.begun && run.servedAt !== null;
  const cause = isDeaf ? 'hang-after-result' : 'hang-in-turn';
  const text = `no output for ${Math.round(silentMs / 1_000)} s ${isDeaf ? 'after it was asked' : 'in a turn'}`;
  record(draft, agent, 'stalled', cause, text);
  const stopped = { ...agent, turn: { ...turn, measuring: false } };
  if (stopped.restart !== null && isAwaited(stopped)) {
    // The end that it waits for does not come.
    put(draft, { ...stopped, restart: { ...stopped.restart, how: 'interrupt' } });
    return;
  }
  const seen = { since: turn.startedAt, late: false, idleMs: idleBefore(run, turn.startedAt) };
  const joined = joinIncident(draft, stopped, { scope: 'session', cause }, { text, requestId: null }, seen);
  planAttempt(draft, joined, cause);
}

/** How long a process had been idle before a turn, null when it had served none. */
export const idleBefore = (run: Run, startedAt: Stamp): number | null =>
  run.servedAt === null ? null : idleMs(run.servedAt, startedAt);
