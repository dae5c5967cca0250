import { noCrashes } from './crashes.ts';
import { nextNumber, put, record, type Draft } from './draft.ts';
import type { RotationEvent } from './events.ts';
import type { Failure } from './facts.ts';
import { tryAgain } from './fallback.ts';
import type { Agent, Fleet } from './fleet.ts';
import { must } from './invariant.ts';
import {
  changeRecord,
  credentialNameOf,
  isRotating,
  noteDead,
  recordOf,
  retiredAt,
  SECRETS_KEPT_MAX,
  takesStaged,
  usersOf,
  type Rotation,
} from './ledger.ts';
import { after } from './moment.ts';
import { beginRoll, isStale, runsOnAnother } from './roll.ts';
import { putRotation, withStep, workOn } from './rotation-steps.ts';

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
      const { credential, from, to } = event;
      if (refusalOf(draft, credential, from, to) !== null) return;
      const rotation = newRotation(event, `r${nextNumber(draft)}`);
      changeRecord(draft, credential, { rotation });
      draft.commands.push({ type: 'rotate-files', act: 'stage', credential, rotation: rotation.id });
      return;
    }
    case 'undo-asked':
      if (known !== null && mayUndo(known)) undo(draft, event.credential, known, 'an operator asked for it');
      return;
    case 'rotation-found':
      if (known !== null && known.id === event.rotation) onFound(draft, event, known);
  }
}

const newRotation = ({ source, from, to }: Extract<RotationEvent, { type: 'rotate-asked' }>, id: string): Rotation => ({
  id,
  source,
  from,
  to,
  stage: 'staging',
  working: true,
  retry: null,
  proven: [],
  why: '',
  steps: [],
});

/** What has taken the old one's place is not undone, but replaced by another rotation. */
export const mayUndo = ({ stage }: Rotation): boolean =>
  stage === 'staging' || stage === 'trying' || stage === 'rolling';

type Found = Extract<RotationEvent, { type: 'rotation-found' }>;

/** The host has done what it was asked or could not, or a new daemon has looked: the files say what is so. */
function onFound(draft: Draft, found: Found, known: Rotation): void {
  const { credential, next, current, problem } = found;
  const rotation = putRotation(draft, credential, { ...known, working: false, retry: null });
  const isStaged = next === rotation.to;
  switch (rotation.stage) {
    case 'staging':
      if (isStaged) beginTrial(draft, credential, rotation);
      else endStaging(draft, found, rotation);
      return;
    case 'trying':
    case 'rolling':
    case 'promoting':
      if (current === rotation.to && next === null) settle(draft, credential, rotation);
      else if (!isStaged && problem === null) undo(draft, credential, rotation, `${rotation.source}.next is gone`);
      // Until it is to be put in its place nothing is asked for that could not be done.
      else if (rotation.stage === 'promoting') askOrRepeat(draft, credential, 'promote', rotation, problem);
      return;
    case 'settling':
      onSettling(draft, found, rotation, known.working || known.retry !== null);
      return;
    case 'undoing':
      cleanUp(draft, found, rotation);
      return;
    case 'done':
    case 'undone':
  }
}

/** @param isAsked the old secret was to go; until then what cannot be read is nobody's trouble. */
function onSettling(draft: Draft, found: Found, rotation: Rotation, isAsked: boolean): void {
  const { credential, previous, problem } = found;
  // What is missing was taken away by hand.
  if (previous === null && problem === null) end(draft, credential, rotation, 'done');
  else if (isAsked) askOrRepeat(draft, credential, 'settle', rotation, problem);
}

/** What was not done is asked for again: at once when it may have been lost, later when the disk refuses. */
function askOrRepeat(
  draft: Draft,
  credential: string,
  act: 'promote' | 'settle',
  rotation: Rotation,
  problem: string | null,
): void {
  if (problem === null) workOn(draft, credential, act);
  else askAgain(draft, credential, rotation, problem);
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

/** Nobody has the new secret. A disk that could be read shows that nothing is left of it. */
function endStaging(draft: Draft, found: Found, rotation: Rotation): void {
  const why = found.problem ?? 'the new secret was not written';
  const undoing: Rotation = { ...rotation, stage: 'undoing', why };
  cleanUp(draft, found.current === rotation.from ? { ...found, problem: null } : found, undoing);
}

/** Nothing of it is left behind, nor of an earlier one that was not settled when it began. */
function cleanUp(draft: Draft, { credential, next, current, previous, problem }: Found, rotation: Rotation): void {
  putRotation(draft, credential, rotation);
  if (problem !== null) askAgain(draft, credential, rotation, problem);
  else if (next !== null) workOn(draft, credential, 'unstage');
  else if (previous !== null) workOn(draft, credential, 'settle');
  else {
    end(draft, credential, rotation, 'undone');
    // Whoever had an older one when it began would else keep that.
    if (current !== null) beginRoll(draft, credential, { to: current, trial: false, all: false, asks: true });
  }
}

/** The agent that tries a new secret has failed with it: that is no trouble, and shows only that the secret is no good. */
export function isTrialFailure(draft: Draft, agent: Agent, { kind }: Failure): boolean {
  const name = credentialNameOf(agent);
  const roll = name === null ? null : recordOf(draft, name).roll;
  if (roll === null || !roll.trial || roll.taking !== agent.spec.name || isStale(agent, roll)) return false;
  return TELLING.has(kind);
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
  // Its turn has ended, which only the caller knows yet.
  put(draft, agent);
  if (kind === 'credential') noteDead(draft, credential, agent.fingerprint);
  failTrial(draft, credential, `${agent.spec.name}: ${text}`);
  return must(draft.agents[agent.spec.name], 'it has just failed');
}

export function failTrial(draft: Draft, credential: string, why: string): void {
  undo(draft, credential, must(recordOf(draft, credential).rotation, 'a trial is part of a rotation'), why);
}

/** Everything goes back to the old secret. */
export function undo(draft: Draft, credential: string, rotation: Rotation, why: string): void {
  const those = usersOf(draft, credential).filter((agent) => hasNew(draft, agent, rotation));
  putRotation(
    draft,
    credential,
    withStep(draft, { ...rotation, stage: 'undoing', why, retry: null }, 'failed', null, why),
  );
  changeRecord(draft, credential, { roll: null });
  for (const agent of those) goBack(draft, agent);
  workOn(draft, credential, 'unstage');
}

/** It runs on the new secret, is about to, or may have been given it by a start that nobody has reported yet. */
export function hasNew(draft: Draft, agent: Agent, { to }: Rotation): boolean {
  const { state, restart, fingerprint } = agent;
  const isUnreported = state.at === 'starting' && state.run.shim === null && takesStaged(draft, agent);
  return fingerprint === to || restart?.secret === 'new' || isUnreported;
}

/** It gets the old secret again; in whatever trouble it is, it stays. */
export function goBack(draft: Draft, agent: Agent): void {
  if (agent.desired === 'down' || agent.state.at === 'stopped') return;
  const detail = 'it goes back to the secret that it had';
  const how = agent.recovery === null ? 'interrupt' : 'now';
  record(draft, agent, 'rotation', 'operator', detail);
  put(draft, { ...agent, crashes: noCrashes, restart: { cause: 'operator', how, detail, secret: 'old' } });
}

/** The new secret stands in the old one's place. */
function settle(draft: Draft, credential: string, rotation: Rotation): void {
  const { from } = rotation;
  const { retired, roll } = recordOf(draft, credential);
  const at = draft.moment.wall;
  changeRecord(draft, credential, {
    // Whoever has not got it yet gets it now.
    roll: roll === null ? null : { ...roll, trial: false },
    retired: (from === null ? retired : [...retired, { fingerprint: from, at }]).slice(-SECRETS_KEPT_MAX),
  });
  tryAgain(draft, credential);
  putRotation(
    draft,
    credential,
    withStep(draft, { ...rotation, stage: 'settling' }, 'promoted', null, rotation.source),
  );
}

/** Somebody has put another secret in the place of the new one: the old one is not needed any more. */
export function onReplacedByHand(draft: Draft, credential: string, fingerprint: string | null): void {
  const { rotation } = recordOf(draft, credential);
  const isOther = rotation?.stage === 'settling' && rotation.to !== fingerprint;
  if (isOther && !rotation.working) workOn(draft, credential, 'settle');
}

/** Who has still to show that the new secret serves it, and who has the old one. */
export const unprovenOf = (
  fleet: Pick<Fleet, 'agents'>,
  credential: string,
  { to, proven }: Pick<Rotation, 'to' | 'proven'>,
): readonly string[] =>
  usersOf(fleet, credential)
    .filter((agent) => {
      const { spec, state, desired, paused } = agent;
      if (desired === 'down' || state.at === 'stopped') return false;
      return runsOnAnother(agent, to) || (spec.mode === 'stream' && !paused && !proven.includes(spec.name));
    })
    .map(({ spec }) => spec.name);

function end(draft: Draft, credential: string, rotation: Rotation, stage: 'done' | 'undone'): void {
  putRotation(draft, credential, withStep(draft, { ...rotation, stage }, stage, null, rotation.why));
}
