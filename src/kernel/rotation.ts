import { noCrashes } from './crashes.ts';
import { nextNumber, put, record, type Draft } from './draft.ts';
import type { RotationEvent } from './events.ts';
import type { Failure } from './facts.ts';
import type { Agent, Fleet } from './fleet.ts';
import { must } from './invariant.ts';
import {
  changeRecord,
  credentialNameOf,
  isOver,
  isRotating,
  noteDead,
  recordOf,
  SECRETS_KEPT_MAX,
  retiredAt,
  STEPS_KEPT_MAX,
  takesStaged,
  usersOf,
  type Roll,
  type Rotation,
  type RotationStage,
  type RotationStep,
} from './ledger.ts';
import { incidentOf } from './membership.ts';
import { after, isDue } from './moment.ts';
import { beginRoll, endOfTaking, isAwaited, isStale, nextToTake, take, type Taken } from './roll.ts';

/**
 * An operator replaces a secret: it is staged beside the old one, one agent tries it, the others follow one at a time, and
 * only then does it take the old one's place. What an agent must show, and what the files hold, decides; after a crash, too.
 */

/** The files are looked at again after this when the host could not do what it was asked. */
export const RETRY_FILES_MS = 30_000;

/** Why a rotation cannot begin, null when it can. */
export function refusalOf(
  fleet: Pick<Fleet, 'ledger'>,
  credential: string,
  from: string | null,
  to: string,
): string | null {
  if (isRotating(recordOf(fleet, credential))) {
    return `a rotation of '${credential}' is under way; end it first: agentvisor rotate ${credential} --undo`;
  }
  if (from === to) return `it is the secret that '${credential}' has already`;
  const at = retiredAt(fleet, credential, to);
  return at === null ? null : `this secret was replaced on ${new Date(at).toISOString()}; make a new one`;
}

/** What an operator asks of a rotation, and what the host finds of its files. */
export function onRotation(draft: Draft, event: RotationEvent): void {
  const known = recordOf(draft, event.credential).rotation;
  switch (event.type) {
    case 'rotate-asked': {
      const { credential, source, from, to, mintedAt } = event;
      if (refusalOf(draft, credential, from, to) !== null) return;
      const id = `r${nextNumber(draft)}`;
      const rotation: Rotation = {
        ...{ id, source, from, to, mintedAt, stage: 'staging', working: true, retry: null },
        ...{ proven: [], why: '', steps: [] },
      };
      changeRecord(draft, credential, { rotation });
      draft.commands.push({ type: 'rotate-files', act: 'stage', credential, rotation: id });
      return;
    }
    case 'undo-asked':
      if (known !== null && mayUndo(known)) undo(draft, event.credential, known, 'an operator asked for it');
      return;
    case 'rotation-found':
      if (known !== null && known.id === event.rotation) onFound(draft, event, known);
  }
}

/** What has taken the old one's place is not undone, but replaced by another rotation. */
export const mayUndo = ({ stage }: Rotation): boolean =>
  stage === 'staging' || stage === 'trying' || stage === 'rolling';

type Found = Extract<RotationEvent, { type: 'rotation-found' }>;

/** The host has done what it was asked or could not, or a new daemon has looked: the files say what is so. */
function onFound(draft: Draft, found: Found, known: Rotation): void {
  const { credential, next, current, previous, problem } = found;
  const rotation = putRotation(draft, credential, { ...known, working: false, retry: null });
  const isStaged = next === rotation.to;
  const isInPlace = current === rotation.to && next === null;
  switch (rotation.stage) {
    case 'staging':
      if (isStaged) beginTrial(draft, credential, rotation);
      else end(draft, credential, rotation, 'undone', problem ?? 'the new secret was not written');
      return;
    case 'trying':
    case 'rolling':
      if (isStaged) return;
      if (isInPlace) settle(draft, credential, rotation);
      else undo(draft, credential, rotation, `${rotation.source}.next is gone`);
      return;
    case 'promoting':
      if (isInPlace) settle(draft, credential, rotation);
      else if (problem === null) workOn(draft, credential, 'promote');
      else askAgain(draft, credential, rotation, problem);
      return;
    case 'settling':
      // What is missing was taken away by hand.
      if (previous === null) end(draft, credential, rotation, 'done', '');
      else if (problem !== null) askAgain(draft, credential, rotation, problem);
      return;
    case 'undoing':
      if (next === null) end(draft, credential, rotation, 'undone', rotation.why);
      else if (problem === null) workOn(draft, credential, 'unstage');
      else askAgain(draft, credential, rotation, problem);
      return;
    case 'done':
    case 'undone':
  }
}

function askAgain(draft: Draft, credential: string, rotation: Rotation, problem: string): void {
  const told = rotation.steps.at(-1)?.step === 'failed';
  const retrying = { ...rotation, retry: after(draft.moment, RETRY_FILES_MS) };
  putRotation(draft, credential, told ? retrying : withStep(draft, retrying, 'failed', null, problem));
}

function beginTrial(draft: Draft, credential: string, rotation: Rotation): void {
  const staged = withStep(draft, { ...rotation, stage: 'trying' }, 'staged', null, `${rotation.source}.next`);
  putRotation(draft, credential, staged);
  beginRoll(draft, credential, { to: rotation.to, trial: true, all: true, asks: true });
}

/** Lets those take the new secret whose turn it is, and goes on when all have it. Called at the end of each step. */
export function driveRotations(draft: Draft): void {
  for (const credential of Object.keys(draft.ledger)) {
    noteProofs(draft, credential);
    driveRoll(draft, credential);
    driveFiles(draft, credential);
  }
}

function driveRoll(draft: Draft, credential: string): void {
  const { roll } = recordOf(draft, credential);
  if (roll === null) return;
  const free = roll.taking === null ? roll : finishOne(draft, credential, roll, roll.taking);
  if (free === null) return;
  const next = nextToTake(draft, credential, free);
  if (next !== undefined) {
    step(draft, credential, free.trial ? 'trying' : 'taking', next.spec.name, '');
    take(draft, credential, free, next);
  } else if (!isAwaited(draft, credential, free)) {
    if (free.trial) goWithoutTrial(draft, credential, free);
    else finishRoll(draft, credential);
  }
}

const WAITS: Readonly<Record<Exclude<Taken, 'proven'>, string>> = {
  unasked: 'its next message will prove it',
  left: 'it was stopped or paused',
  ended: 'its process ended; the next one has the new secret',
  troubled: 'it is in trouble; see: agentvisor incidents',
  silent: 'it has not answered in time',
};

/** @returns the roll when somebody else may take it, null while this one is open or when the trial has failed. */
function finishOne(draft: Draft, credential: string, roll: Roll, name: string): Roll | null {
  const agent = draft.agents[name];
  const taken = endOfTaking(draft, roll, agent);
  if (taken === null) return null;
  const free: Roll = { ...roll, taking: null, until: null };
  if (taken !== 'proven' && !(roll.trial && taken === 'left')) {
    if (roll.trial) return failTrial(draft, credential, `${name}: ${whyNot(draft, agent, taken)}`);
    step(draft, credential, 'waits', name, WAITS[taken]);
  }
  const isTried = roll.trial && taken === 'proven';
  const next = isTried ? { ...free, trial: false } : free;
  const { rotation } = changeRecord(draft, credential, { roll: next });
  if (isTried && rotation !== null) putRotation(draft, credential, { ...rotation, stage: 'rolling' });
  return next;
}

/** What was seen says more than that there is trouble. */
function whyNot(draft: Draft, agent: Agent | undefined, taken: Exclude<Taken, 'proven'>): string {
  const evidence = agent === undefined ? undefined : incidentOf(draft, agent)?.evidence.at(-1);
  return evidence ?? WAITS[taken];
}

function failTrial(draft: Draft, credential: string, why: string): null {
  undo(draft, credential, must(recordOf(draft, credential).rotation, 'a trial is part of a rotation'), why);
  return null;
}

/** Nobody is up who could prove it, and nobody can lose by it. */
function goWithoutTrial(draft: Draft, credential: string, roll: Roll): void {
  step(draft, credential, 'waits', null, 'no agent is up that could prove it: the next one that answers does');
  changeStage(draft, credential, 'rolling');
  changeRecord(draft, credential, { roll: { ...roll, trial: false } });
  driveRoll(draft, credential);
}

/** All have it that can have it now. */
function finishRoll(draft: Draft, credential: string): void {
  const { rotation } = changeRecord(draft, credential, { roll: null });
  if (rotation === null || (rotation.stage !== 'trying' && rotation.stage !== 'rolling')) return;
  changeStage(draft, credential, 'promoting');
  workOn(draft, credential, 'promote');
}

/** The agent that tries a new secret has failed with it: that is nobody's trouble, and shows only that it is no good. */
export function isTrialFailure(draft: Draft, agent: Agent, { kind }: Failure): boolean {
  const name = credentialNameOf(agent);
  const roll = name === null ? null : recordOf(draft, name).roll;
  if (roll === null || !roll.trial || roll.taking !== agent.spec.name || isStale(agent, roll)) return false;
  return agent.recovery === null && TELLING.has(kind);
}

/** What a secret itself can be the reason of. */
const TELLING: ReadonlySet<Failure['kind']> = new Set<Failure['kind']>([
  'auth',
  'credential',
  'billing',
  'account',
  'config',
  'model',
]);

export function onTrialFailure(draft: Draft, agent: Agent, kind: Failure['kind'], text: string): Agent {
  const credential = must(credentialNameOf(agent), 'it tries one');
  if (kind === 'credential') noteDead(draft, credential, agent.fingerprint);
  failTrial(draft, credential, `${agent.spec.name}: ${text}`);
  return must(draft.agents[agent.spec.name], 'it has just failed');
}

/** Everything goes back to the old secret. */
function undo(draft: Draft, credential: string, rotation: Rotation, why: string): void {
  const those = usersOf(draft, credential).filter((agent) => hasNew(draft, agent, rotation));
  putRotation(
    draft,
    credential,
    withStep(draft, { ...rotation, stage: 'undoing', why, retry: null }, 'failed', null, why),
  );
  changeRecord(draft, credential, { roll: null });
  for (const agent of those) goBack(draft, agent, rotation);
  workOn(draft, credential, 'unstage');
}

/** It runs on the new secret, is about to, or may have been given it by a start that nobody has reported yet. */
function hasNew(draft: Draft, agent: Agent, { to }: Rotation): boolean {
  const { state, restart, fingerprint } = agent;
  const isUnreported = state.at === 'starting' && state.run.shim === null && takesStaged(draft, agent);
  return fingerprint === to || restart?.secret === 'new' || isUnreported;
}

/** It gets the old secret again; in whatever trouble it is, it stays. */
function goBack(draft: Draft, agent: Agent, { to }: Rotation): void {
  const isUp = agent.desired === 'up' && agent.state.at !== 'stopped';
  const isUnchanged = agent.state.at === 'running' && agent.fingerprint !== to;
  if (!isUp || isUnchanged) {
    put(draft, { ...agent, restart: null });
    return;
  }
  const detail = 'it goes back to the secret that it had';
  const how = agent.recovery === null ? 'interrupt' : 'now';
  record(draft, agent, 'rotation', 'operator', detail);
  put(draft, { ...agent, crashes: noCrashes, restart: { cause: 'operator', how, detail, secret: 'old' } });
}

/** The new secret stands in the old one's place. */
function settle(draft: Draft, credential: string, rotation: Rotation): void {
  const { from, to, mintedAt } = rotation;
  const { retired } = recordOf(draft, credential);
  const at = draft.moment.wall;
  changeRecord(draft, credential, {
    roll: null,
    minted: mintedAt === null ? null : { fingerprint: to, at: mintedAt },
    retired: (from === null ? retired : [...retired, { fingerprint: from, at }]).slice(-SECRETS_KEPT_MAX),
  });
  putRotation(
    draft,
    credential,
    withStep(draft, { ...rotation, stage: 'settling' }, 'promoted', null, rotation.source),
  );
}

/** Who has answered on the new secret, for whatever reason it got it. */
function noteProofs(draft: Draft, credential: string): void {
  const { rotation } = recordOf(draft, credential);
  if (rotation === null || !ROLLED.has(rotation.stage)) return;
  for (const agent of usersOf(draft, credential)) {
    const { name } = agent.spec;
    const isProven = agent.fingerprint === rotation.to && agent.state.at === 'running' && agent.state.run.answered;
    const known = must(recordOf(draft, credential).rotation, 'it is under way');
    if (!isProven || known.proven.includes(name)) continue;
    putRotation(draft, credential, withStep(draft, { ...known, proven: [...known.proven, name] }, 'proven', name, ''));
  }
}

const ROLLED: ReadonlySet<RotationStage> = new Set<RotationStage>(['trying', 'rolling', 'promoting', 'settling']);

function driveFiles(draft: Draft, credential: string): void {
  const { rotation } = recordOf(draft, credential);
  if (rotation === null || rotation.working || isOver(rotation)) return;
  const { stage, retry } = rotation;
  if (retry !== null && !isDue(retry, draft.moment)) return;
  if (stage === 'settling' && (retry !== null || unprovenOf(draft, credential, rotation).length === 0)) {
    workOn(draft, credential, 'settle');
  } else if (retry !== null) {
    workOn(draft, credential, stage === 'promoting' ? 'promote' : 'unstage');
  }
}

/** Who runs and has still to show that the new secret serves it. */
export const unprovenOf = (fleet: Pick<Fleet, 'agents'>, credential: string, { proven }: Rotation): readonly string[] =>
  usersOf(fleet, credential)
    .filter(
      ({ spec, state, desired, paused }) =>
        spec.mode === 'stream' && state.at !== 'stopped' && desired === 'up' && !paused && !proven.includes(spec.name),
    )
    .map(({ spec }) => spec.name);

function workOn(draft: Draft, credential: string, act: 'promote' | 'settle' | 'unstage'): void {
  const rotation = must(recordOf(draft, credential).rotation, 'its files are those of a rotation');
  putRotation(draft, credential, { ...rotation, working: true, retry: null });
  draft.commands.push({ type: 'rotate-files', act, credential, rotation: rotation.id });
}

function end(draft: Draft, credential: string, rotation: Rotation, stage: 'done' | 'undone', why: string): void {
  putRotation(draft, credential, withStep(draft, { ...rotation, stage, why }, stage, null, why));
}

function changeStage(draft: Draft, credential: string, stage: RotationStage): void {
  putRotation(draft, credential, { ...must(recordOf(draft, credential).rotation, 'it is under way'), stage });
}

/** A roll without a rotation has nobody who reads along. */
function step(
  draft: Draft,
  credential: string,
  name: RotationStep['step'],
  agent: string | null,
  detail: string,
): void {
  const { rotation } = recordOf(draft, credential);
  if (rotation === null || isOver(rotation)) return;
  putRotation(draft, credential, withStep(draft, rotation, name, agent, detail));
}

function withStep(
  draft: Draft,
  rotation: Rotation,
  name: RotationStep['step'],
  agent: string | null,
  detail: string,
): Rotation {
  const taken = { at: draft.moment.wall, step: name, agent, detail };
  return { ...rotation, steps: [...rotation.steps, taken].slice(-STEPS_KEPT_MAX) };
}

function putRotation(draft: Draft, credential: string, rotation: Rotation): Rotation {
  changeRecord(draft, credential, { rotation });
  return rotation;
}
