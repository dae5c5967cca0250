import {
  recordOf,
  changeRecord,
  isOver,
  STEPS_KEPT_MAX,
  type Rotation,
  type RotationStage,
  type RotationStep,
} from './ledger.ts';
import type { Draft } from './draft.ts';
import { must } from './invariant.ts';

/** What becomes of a rotation, written down for people as it happens. */

/** A roll without a rotation has nobody who reads along. */
export function step(
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

export function withStep(
  draft: Draft,
  rotation: Rotation,
  name: RotationStep['step'],
  agent: string | null,
  detail: string,
): Rotation {
  const taken = { at: draft.moment.wall, step: name, agent, detail };
  return { ...rotation, steps: [...rotation.steps, taken].slice(-STEPS_KEPT_MAX) };
}

export function putRotation(draft: Draft, credential: string, rotation: Rotation): Rotation {
  changeRecord(draft, credential, { rotation });
  return rotation;
}

export function changeStage(draft: Draft, credential: string, stage: RotationStage): void {
  putRotation(draft, credential, { ...must(recordOf(draft, credential).rotation, 'it is under way'), stage });
}

/** The host is asked to work on the files, and reports what they hold then. */
export function workOn(draft: Draft, credential: string, act: 'promote' | 'settle' | 'unstage'): void {
  const rotation = must(recordOf(draft, credential).rotation, 'its files are those of a rotation');
  putRotation(draft, credential, { ...rotation, working: true, retry: null });
  draft.commands.push({ type: 'rotate-files', act, credential, rotation: rotation.id });
}
