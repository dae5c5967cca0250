import { isLimit } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import { runOf, type Agent, type AgentState, type Fleet } from './fleet.ts';
import { changeRecord, credentialNameOf, recordOf, usersOf, type Roll } from './ledger.ts';
import { incidentOf } from './membership.ts';
import { after, isDue, isLater, stampOf, type MonoDeadline } from './moment.ts';
import { isInWideTrouble } from './shared-credential.ts';

/**
 * Another secret is brought to the agents of a credential: one agent at a time, between its turns, and the next one when
 * that one has answered. So a secret that does not work costs one agent, not all.
 */

type Known = Pick<Fleet, 'agents' | 'ledger' | 'incidents'>;

/** How it went with the agent that took it. */
export type Taken =
  /** It has answered. */
  | 'proven'
  /** It is up and is not asked for a proof: its next message will be one. */
  | 'unasked'
  /** Somebody stopped, paused or deleted it. */
  | 'left'
  /** Its process has ended by itself. */
  | 'ended'
  /** It is in trouble. */
  | 'troubled'
  /** It has not answered in time. */
  | 'silent'
  /** It was given another secret than all shall have. */
  | 'other';

/** Asked of the agent that tries a secret when its own `auth.verify.prompt` is off: without an answer nothing is known. */
export const TRIAL_PROMPT = 'Reply with OK.';

/** Its process has another secret than all shall have. */
export function isStale({ state, fingerprint }: Agent, { to, since }: Roll): boolean {
  if (to !== null) return fingerprint !== null && fingerprint !== to;
  const run = runOf(state);
  return run !== null && isLater(since, run.startedAt);
}

/** Its process has another secret, or may have: nobody has said yet which one it was given. */
export const runsOnAnother = ({ state, fingerprint }: Agent, to: string): boolean =>
  runOf(state) !== null && (fingerprint !== to || isUnreported(state));

const isUnreported = (state: AgentState): boolean => state.at === 'starting' && state.run.shim === null;

const isMeant = ({ spec }: Agent, { all }: Roll): boolean => all || spec.rotate.onChange === 'roll';

/** Begins to bring another secret to those that have not got it; who is in trouble comes back by its incident. */
export function beginRoll(draft: Draft, credential: string, roll: Omit<Roll, 'since' | 'taking' | 'until'>): void {
  const known = recordOf(draft, credential).roll;
  // It is under way already.
  if (known !== null && roll.to !== null && known.to === roll.to && known.trial === roll.trial) return;
  changeRecord(draft, credential, { roll: { ...roll, since: stampOf(draft.moment), taking: null, until: null } });
  for (const { spec } of usersOf(draft, credential)) draft.touched.add(spec.name);
}

/** It is idle, and a secret waits for somebody idle: it is given no message before it is known who takes it. */
export function isCalled(draft: Draft, agent: Agent): boolean {
  const name = credentialNameOf(agent);
  const roll = name === null ? null : recordOf(draft, name).roll;
  return roll !== null && roll.taking === null && mayTake(draft, agent, roll);
}

function mayTake(fleet: Known, agent: Agent, roll: Roll): boolean {
  const { state, turn, restart, desired, paused } = agent;
  if (state.at !== 'running' || state.run.catchingUp || turn !== null || restart !== null) return false;
  if (desired === 'down' || paused || !isStale(agent, roll) || !isMeant(agent, roll)) return false;
  if (roll.trial) return agent.spec.mode === 'stream' && agent.recovery?.stage !== 'verifying';
  return mayRoll(fleet, agent) && !isInWideTrouble(fleet, agent);
}

/** Who waits out a limit may as well wait with another secret; any other trouble has its own way out. */
const mayRoll = (fleet: Known, agent: Agent): boolean => {
  const incident = incidentOf(fleet, agent);
  return incident === undefined || isLimit(incident.cause);
};

/** Somebody was started with what all shall have. */
export const isHad = (fleet: Pick<Fleet, 'agents'>, credential: string, roll: Roll): boolean =>
  usersOf(fleet, credential).some(
    (agent) => runOf(agent.state) !== null && !isUnreported(agent.state) && !isStale(agent, roll),
  );

/** Who is next. To try a secret, rather one that does not work anyway: should the secret be bad, nobody has lost anything. */
export function nextToTake(fleet: Known, credential: string, roll: Roll): Agent | undefined {
  const ready = usersOf(fleet, credential).filter((agent) => mayTake(fleet, agent, roll));
  return ready.find(({ recovery }) => recovery !== null) ?? ready[0];
}

/**
 * Who got it by its incident is asked for a proof, too, when nothing waits for it: following another agent's answer shows
 * nothing of its own.
 */
export const nextToAsk = (fleet: Known, credential: string, roll: Roll): Agent | undefined =>
  usersOf(fleet, credential).find(
    (agent) =>
      isUnprovenInTrouble(agent, roll) &&
      agent.state.at === 'running' &&
      agent.turn === null &&
      agent.restart === null &&
      agent.queue.length === 0 &&
      !agent.paused &&
      agent.spec.auth.verify.prompt !== false,
  );

/** It has the new secret and must show in any case that its trouble is over. */
const isUnprovenInTrouble = (agent: Agent, roll: Roll): boolean => {
  const run = runOf(agent.state);
  const isAnswered = run === null || run.answered;
  return !roll.trial && roll.asks && agent.recovery?.stage === 'verifying' && !isStale(agent, roll) && !isAnswered;
};

/** Asks an agent that has it already. */
export function askForProof(draft: Draft, credential: string, roll: Roll, { spec }: Agent): void {
  const until = after(draft.moment, spec.auth.verify.timeoutMs);
  changeRecord(draft, credential, { roll: { ...roll, taking: spec.name, until } });
  draft.touched.add(spec.name);
}

/** Its process is replaced; the new one gets the new secret. */
export function take(draft: Draft, credential: string, roll: Roll, agent: Agent): void {
  const { stop, watch, auth } = agent.spec;
  const timeMs = stop.interruptTimeoutMs + stop.killTimeoutMs + watch.startTimeoutMs + auth.verify.timeoutMs;
  const { name } = agent.spec;
  changeRecord(draft, credential, { roll: { ...roll, taking: name, until: after(draft.moment, timeMs) } });
  const detail = `it takes the new secret of '${credential}'`;
  record(draft, agent, 'rotation', 'operator', detail);
  put(draft, {
    ...agent,
    patience: roll.trial ? null : agent.patience,
    restart: { cause: 'operator', how: 'after-turn', detail, secret: 'new' },
  });
  // Those who were idle, too, need not wait for this one.
  for (const { spec } of usersOf(draft, credential)) draft.touched.add(spec.name);
}

/** How it went with the agent that takes it, null while that is open. */
export function endOfTaking(draft: Draft, roll: Roll, agent: Agent | undefined): Taken | null {
  if (agent === undefined || agent.desired === 'down' || agent.paused) return 'left';
  const { state, recovery } = agent;
  if (state.at === 'waiting' || state.at === 'errored' || state.at === 'stopped') return 'ended';
  const isUp = state.at === 'running' && agent.restart === null;
  if (isUp && isStale(agent, roll)) return 'other';
  if (isUp && state.run.answered) return 'proven';
  if (isUp && recovery !== null && recovery.stage !== 'verifying' && !isWaiting(draft, agent, roll)) return 'troubled';
  if (isUp && !isAskable(agent, roll)) return 'unasked';
  return roll.until !== null && isDue(roll.until, draft.moment) ? 'silent' : null;
}

/** It may still answer before its time is over: what stands in between is the API, not the secret. */
const isWaiting = (fleet: Known, agent: Agent, { trial }: Roll): boolean => trial && mayRoll(fleet, agent);

const isAskable = ({ spec, recovery }: Agent, { trial, asks }: Roll): boolean =>
  trial ||
  (asks &&
    spec.mode === 'stream' &&
    spec.auth.verify.prompt !== false &&
    (recovery === null || recovery.stage === 'verifying'));

/**
 * What an agent that has taken a new secret is asked for a proof, null when it is not. `first`: before the messages that wait;
 * a secret that may be bad meets none of them.
 */
export function proofOwed(
  fleet: Pick<Fleet, 'ledger'>,
  agent: Agent,
): { readonly prompt: string; readonly first: boolean } | null {
  if (agent.fallback?.returning === true) return proofOfReturn(agent);
  const name = credentialNameOf(agent);
  const roll = name === null ? null : recordOf(fleet, name).roll;
  if (roll === null || roll.taking !== agent.spec.name) return null;
  const run = runOf(agent.state);
  if (run === null || run.answered || isStale(agent, roll) || !isAskable(agent, roll)) return null;
  const { prompt } = agent.spec.auth.verify;
  return { prompt: prompt === false ? TRIAL_PROMPT : prompt, first: roll.trial };
}

/** Its own credential may still be bad: no message that waits meets it before it has answered. */
function proofOfReturn({ spec, state }: Agent): { readonly prompt: string; readonly first: boolean } | null {
  const { prompt } = spec.auth.verify;
  return prompt === false || runOf(state)?.answered !== false ? null : { prompt, first: true };
}

/** Somebody is still to take it, now or when its turn or its trouble is over. */
export const isAwaited = (fleet: Known, credential: string, roll: Roll): boolean =>
  usersOf(fleet, credential).some((agent) => {
    const { state, desired, paused, recovery } = agent;
    if (desired === 'down' || paused) return false;
    // Who is to try it is waited for; who is down, perhaps for the old secret, gets it with its next start.
    if (roll.trial) return agent.spec.mode === 'stream' && runOf(state) !== null;
    if (isUnreported(state)) return true;
    if (isUnprovenInTrouble(agent, roll)) return agent.queue.length > 0 || agent.spec.auth.verify.prompt !== false;
    const isStuck = recovery?.stage === 'held' || (recovery?.stage === 'waiting' && !mayRoll(fleet, agent));
    return runOf(state) !== null && isStale(agent, roll) && isMeant(agent, roll) && !isStuck;
  });

/** Somebody has another secret still, though it is paused or in trouble: it takes this one when it can. */
export const hasStale = (fleet: Pick<Fleet, 'agents'>, credential: string, roll: Roll): boolean =>
  usersOf(fleet, credential).some(
    (agent) =>
      runOf(agent.state) !== null && (isUnreported(agent.state) || isStale(agent, roll)) && isMeant(agent, roll),
  );

/** When something must have shown whether who takes a secret can use it. */
export const rollDeadlines = ({ ledger }: Pick<Fleet, 'ledger'>): readonly MonoDeadline[] =>
  Object.values(ledger).flatMap(({ roll, rotation }) =>
    [roll?.until ?? null, rotation?.retry ?? null].filter((deadline) => deadline !== null),
  );
