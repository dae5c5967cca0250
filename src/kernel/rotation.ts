import { nextNumber, type Draft } from './draft.ts';
import type { RotationEvent } from './events.ts';
import { tryAgain } from './fallback.ts';
import type { Fleet } from './fleet.ts';
import {
  changeRecord,
  isOver,
  isRotating,
  recordOf,
  retiredAt,
  SECRETS_KEPT_MAX,
  usersOf,
  type Rotation,
} from './ledger.ts';
import { after, isDue } from './moment.ts';
import { beginRoll } from './roll.ts';
import { driveRoll, noteProofs } from './rotation-agents.ts';
import { putRotation, withStep, workOn } from './rotation-record.ts';
import { isBack, undo } from './rotation-undo.ts';

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
      const { credential, source, from, to } = event;
      if (refusalOf(draft, credential, from, to) !== null) return;
      const id = `r${nextNumber(draft)}`;
      const rotation: Rotation = {
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
      if (next === null && isBack(draft, credential, rotation))
        end(draft, credential, rotation, 'undone', rotation.why);
      else if (problem !== null) askAgain(draft, credential, rotation, problem);
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

/** Lets agents take a new secret and the files follow. Called at the end of each step, when all agents have decided. */
export function driveRotations(draft: Draft): void {
  for (const credential of Object.keys(draft.ledger)) {
    noteProofs(draft, credential);
    driveRoll(draft, credential);
    driveFiles(draft, credential);
  }
}

function driveFiles(draft: Draft, credential: string): void {
  const { rotation } = recordOf(draft, credential);
  if (rotation === null || rotation.working || isOver(rotation)) return;
  const { stage, retry } = rotation;
  if (retry !== null && !isDue(retry, draft.moment)) return;
  if (stage === 'undoing') {
    if (isBack(draft, credential, rotation)) workOn(draft, credential, 'unstage');
  } else if (stage === 'settling' && (retry !== null || unprovenOf(draft, credential, rotation).length === 0)) {
    workOn(draft, credential, 'settle');
  } else if (retry !== null) {
    workOn(draft, credential, 'promote');
  }
}

/** The new secret stands in the old one's place. */
function settle(draft: Draft, credential: string, rotation: Rotation): void {
  const { from } = rotation;
  const { retired, roll } = recordOf(draft, credential);
  const at = draft.moment.wall;
  changeRecord(draft, credential, {
    // Put in place by hand before all had it: the others get it all the same.
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

function end(draft: Draft, credential: string, rotation: Rotation, stage: 'done' | 'undone', why: string): void {
  putRotation(draft, credential, withStep(draft, { ...rotation, stage, why }, stage, null, why));
}

/** Who runs and has still to show that the new secret serves it. */
export const unprovenOf = (fleet: Pick<Fleet, 'agents'>, credential: string, { proven }: Rotation): readonly string[] =>
  usersOf(fleet, credential)
    .filter(
      ({ spec, state, desired, paused }) =>
        spec.mode === 'stream' && state.at !== 'stopped' && desired === 'up' && !paused && !proven.includes(spec.name),
    )
    .map(({ spec }) => spec.name);
