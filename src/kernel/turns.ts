import { noted } from './activity.ts';
import { letOthersProve } from './attempts.ts';
import { CAUSE_OF, CAUSES, isAuthFailure, isFault, type Cause } from './causes.ts';
import { addCost } from './costs.ts';
import { put, record, type Draft } from './draft.ts';
import type { Failure, StreamFact } from './facts.ts';
import type { Agent, AgentState, LastTurn, Message, Run, Turn } from './fleet.ts';
import { invariant, must } from './invariant.ts';
import { BAD_DELIVERIES_MAX, changeMessage, finishMessage } from './messages.ts';
import { stampOf, type Stamp } from './moment.ts';
import { askAgainSoon } from './limits.ts';
import { onFailure, onGoodAnswer } from './recovery.ts';
import { idleBefore, watchFrom } from './watches.ts';
import { afterFailedTurn, afterGoodTurn, beginSession } from './sessions.ts';

type FactOf<Name extends StreamFact['fact']> = Extract<StreamFact, { fact: Name }>;

/** A turn of that delivery, or one that nobody asked for. */
export const newTurn = (
  startedAt: Stamp,
  watch: Turn['watch'],
  asked: { readonly message: string; readonly uuid: string; readonly asks: boolean } | null,
): Turn => ({
  message: asked?.message ?? null,
  uuid: asked?.uuid ?? null,
  asks: asked?.asks ?? false,
  startedAt,
  begun: asked === null,
  watch,
  measuring: false,
  busy: null,
  accepted: asked === null,
  repeated: false,
  answered: false,
  usedTools: false,
  lastAnswer: null,
  suspectedAt: null,
  resetsAt: null,
  failure: null,
});

/** The turn of which something was heard: it has begun, and its silence is counted anew. */
function turnOf(draft: Draft, agent: Agent, run: Run, waitMs = 0): Turn {
  const watch = watchFrom(draft, agent, run, true, waitMs);
  const turn = agent.turn ?? newTurn(stampOf(draft.moment), watch, null);
  return { ...turn, begun: true, measuring: false, busy: null, watch };
}

export function onTurnStarted(draft: Draft, agent: Agent, run: Run, fact: FactOf<'turn-started'>): Agent {
  return put(draft, {
    ...agent,
    // Whose turn it is, only the echo tells.
    session: beginSession(agent, fact.sessionId, null),
    turn: turnOf(draft, agent, run),
    model: fact.model ?? agent.model,
    claudeVersion: fact.claudeVersion ?? agent.claudeVersion,
  });
}

export function onAccepted(draft: Draft, agent: Agent, run: Run, uuid: string): Agent {
  if (agent.turn?.uuid !== uuid) return agent;
  const session = beginSession(agent, null, agent.turn.asks ? uuid : null);
  const turn = { ...turnOf(draft, agent, run), accepted: true };
  return put(draft, { ...agent, state: wholeFrame(agent, uuid), session, turn });
}

/** The echo shows that a frame which was begun has come in whole, unless it was written twice. */
function wholeFrame({ state, turn }: Agent, uuid: string): AgentState {
  if (!('run' in state) || state.run.writing?.uuid !== uuid || turn?.repeated === true) return state;
  return { ...state, run: { ...state.run, writing: null } };
}

/** The CLI retries by itself: a suspicion. A good answer may still follow, and an open incident knows better. */
export function onRetrying(draft: Draft, agent: Agent, run: Run, fact: FactOf<'retrying'>): Agent {
  const turn = turnOf(draft, agent, run, fact.delayMs ?? 0);
  const isAuth = fact.status === 401 || fact.status === 403;
  const suspectedAt = turn.suspectedAt ?? (isAuth ? stampOf(draft.moment) : null);
  const suspicion = isAuth ? 'suspect' : 'throttled';
  const health = agent.recovery === null ? suspicion : agent.health;
  return put(draft, { ...agent, health, turn: { ...turn, suspectedAt } });
}

export function onAnswered(draft: Draft, agent: Agent, run: Run, fact: FactOf<'answered'>, late: boolean): Agent {
  const turn = turnOf(draft, agent, run);
  const { state } = agent;
  invariant('run' in state, 'who answers has a process');
  const isEnding = agent.state.at === 'stopping';
  const answered: Agent = {
    ...agent,
    turn: {
      ...turn,
      answered: true,
      usedTools: turn.usedTools || fact.usedTools,
      lastAnswer: fact.sidechain ? turn.lastAnswer : (fact.uuid ?? turn.lastAnswer),
      // What was refused before was overcome.
      failure: null,
    },
    state: { ...state, run: { ...run, answered: true } },
  };
  // A process that is being replaced proves nothing about the one that follows it.
  return isEnding ? put(draft, answered) : onGoodAnswer(draft, answered, { ...fact, late });
}

export const onRefused = (draft: Draft, agent: Agent, run: Run, failure: Failure): Agent =>
  put(draft, { ...agent, turn: { ...turnOf(draft, agent, run), failure } });

export const onLimited = (draft: Draft, agent: Agent, run: Run, resetsAt: number | null): Agent =>
  put(draft, { ...agent, turn: { ...turnOf(draft, agent, run), resetsAt } });

export function onTurnEnded(draft: Draft, agent: Agent, run: Run, heard: Heard, fact: FactOf<'turn-ended'>): Agent {
  const paid = served(draft, addCost(draft, agent, run, fact.totalCostUsd));
  const known = turnOf(draft, agent, run);
  // Only the echo proves that our message is in, but for one that never reached the model: otherwise this is the end of a
  // turn that the agent began by itself just before.
  const isOurs = known.message === null || known.accepted || fact.local;
  const turn = isOurs ? known : { ...known, message: null, uuid: null };
  const ended = endTurn(draft, paid, turn, fact, {
    place: { run: run.id, offset: heard.offset },
    late: heard.late,
    run,
  });
  if (isOurs || known.message === null || known.uuid === null) return ended;
  const { message, uuid, asks, repeated } = known;
  // What is heard of it from now on counts from the end of the one before.
  const own = newTurn(known.startedAt, known.watch, { message, uuid, asks });
  return put(draft, { ...ended, turn: { ...own, repeated } });
}

/** What was heard, and how: its place in the run's output, and whether anybody listened when it was said. */
export type Heard = { readonly offset: number; readonly late: boolean };
type End = { readonly place: Place; readonly late: boolean; readonly run: Run };

/** From now on the process is idle. */
function served(draft: Draft, agent: Agent): Agent {
  const { state } = agent;
  letOthersProve(draft);
  invariant('run' in state, 'who ends a turn has a process');
  // What was suspected in the turn ends with it; its failure, if it has failed, says more.
  const isSuspected = agent.recovery === null && (agent.health === 'suspect' || agent.health === 'throttled');
  const health = isSuspected ? (state.run.answered ? 'healthy' : 'unknown') : agent.health;
  return { ...agent, health, state: { ...state, run: { ...state.run, servedAt: stampOf(draft.moment) } } };
}

function endTurn(draft: Draft, agent: Agent, turn: Turn, fact: FactOf<'turn-ended'>, end: End): Agent {
  switch (fact.outcome) {
    case 'good':
      return endGood(draft, agent, turn, end.place);
    case 'aborted':
      return endAborted(draft, agent, turn);
    case 'failed':
      return endFailed(draft, agent, turn, fact, end);
  }
}

/** The process has gone with a turn in it: its message goes back to the head of the queue. */
export function cutOff(draft: Draft, agent: Agent, turn: Turn, why: Return): Agent {
  const session = afterFailedTurn(agent, turn);
  const outcome = why.isBad ? 'failed' : 'aborted';
  const cut = { ...agent, session, turn: null, lastTurn: lastTurn(draft, turn, outcome, why.cause, null) };
  return giveBack(draft, cut, turn, why);
}

/**
 * Asked for, it is no failure; an abortion that nobody asked for counts against its message, so that it cannot go on
 * for ever.
 */
function endAborted(draft: Draft, agent: Agent, turn: Turn): Agent {
  const { state } = agent;
  const isAsked = state.at === 'stopping' && state.asked;
  const cause = isAsked ? state.cause : 'unknown';
  const isBad = !isAsked || isFault(cause);
  const cut = cutOff(draft, agent, turn, { cause, detail: 'the turn was interrupted', isBad });
  // Claude Code notes the interruption behind the question, so that the conversation does not end with it.
  const session = { ...cut.session, unanswered: null };
  const ended: Agent = {
    ...cut,
    session,
    lastTurn: lastTurn(draft, turn, 'aborted', isAsked ? null : cause, null),
  };
  return isAsked ? put(draft, ended) : askAgainSoon(draft, ended);
}

function endGood(draft: Draft, agent: Agent, turn: Turn, answer: Place): Agent {
  const done =
    turn.message === null ? agent : finishMessage(agent, turn.message, 'answered', { cause: null, detail: '', answer });
  return put(draft, {
    ...done,
    session: afterGoodTurn(agent, turn),
    turn: null,
    activity: turn.answered ? noted(agent.activity, 'good', draft.moment.wall) : agent.activity,
    lastGoodTurnAt: turn.answered ? draft.moment.wall : agent.lastGoodTurnAt,
    lastTurn: lastTurn(draft, turn, 'good', null, null),
  });
}

function endFailed(draft: Draft, agent: Agent, turn: Turn, fact: FactOf<'turn-ended'>, end: End): Agent {
  const failure = failureOf(turn, fact);
  const cause = CAUSE_OF[failure.kind];
  const action = CAUSES[cause].action;
  const isBad = action === 'none' || action === 'fresh';
  const isGivenUp = isAuthFailure(failure.kind) && agent.spec.auth.redeliver === 'never' && turn.message !== null;
  const session = afterFailedTurn(agent, turn);
  const ended: Agent = {
    ...agent,
    session,
    turn: null,
    activity: noted(agent.activity, 'failed', draft.moment.wall),
    lastTurn: lastTurn(draft, turn, 'failed', cause, failure),
  };
  const returned = isGivenUp
    ? giveUp(draft, ended, must(turn.message, 'it is one of ours'), cause, failure.text, end.place)
    : giveBack(draft, ended, turn, { cause, detail: failure.text, isBad, answer: end.place });
  const since = turn.suspectedAt ?? turn.startedAt;
  return onFailure(draft, returned, failure, { since, late: end.late, idleMs: idleBefore(end.run, turn.startedAt) });
}

/** The assistant line knows the request, the quota event the reset; the result only says that it failed. */
function failureOf(turn: Turn, fact: FactOf<'turn-ended'>): Failure {
  const said = fact.failure;
  const refused =
    turn.failure?.kind === 'unknown' && said !== null ? { ...turn.failure, kind: said.kind } : turn.failure;
  const failure = refused ??
    said ?? { kind: 'unknown', status: null, error: null, text: '', requestId: null, resetsAt: null };
  const resetsAt = failure.resetsAt ?? said?.resetsAt ?? turn.resetsAt;
  const isLimit = failure.kind === 'throttled' || failure.kind === 'capped';
  return {
    ...failure,
    kind: isLimit && resetsAt !== null ? 'capped' : failure.kind,
    status: failure.status ?? said?.status ?? null,
    requestId: failure.requestId ?? said?.requestId ?? null,
    resetsAt,
  };
}

/** Where a line stands. */
type Place = NonNullable<Message['answer']>;

type Return = {
  readonly cause: Cause;
  readonly detail: string;
  /** It failed by the message's own fault, as far as can be told. */
  readonly isBad: boolean;
  readonly answer?: Place;
};

/** The turn's message waits again at its place in the queue, or has failed often enough. */
export function giveBack(draft: Draft, agent: Agent, turn: Turn, why: Return): Agent {
  const message = agent.queue.find((candidate) => candidate.id === turn.message);
  if (message === undefined) return agent;
  if (message.origin === 'verify') letOthersProve(draft);
  // One that has begun to be answered is no bad message, unless it falls silent again and again.
  const isBad = why.isBad && (!turn.answered || isFault(why.cause));
  const badDeliveries = message.badDeliveries + (isBad ? 1 : 0);
  const counted = changeMessage(agent, message.id, {
    state: 'queued',
    badDeliveries,
    // Before its echo the agent worked on something else.
    partial: message.partial || (turn.accepted && (turn.answered || turn.usedTools)),
    cause: why.cause,
    detail: why.detail,
  });
  if (badDeliveries < BAD_DELIVERIES_MAX) return counted;
  return giveUp(draft, counted, message.id, why.cause, why.detail, why.answer ?? null);
}

function giveUp(draft: Draft, agent: Agent, id: string, cause: Cause, detail: string, answer: Place | null): Agent {
  record(draft, agent, 'message-failed', cause, `${id}: ${detail}`);
  return finishMessage(agent, id, 'failed', { cause, detail, answer });
}

function lastTurn(
  draft: Draft,
  turn: Turn,
  outcome: LastTurn['outcome'],
  cause: Cause | null,
  failure: Failure | null,
): LastTurn {
  return {
    startedAt: turn.startedAt.wall,
    endedAt: draft.moment.wall,
    outcome,
    cause,
    status: failure?.status ?? null,
    requestId: failure?.requestId ?? null,
  };
}
