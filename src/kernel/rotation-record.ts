import type { Draft } from './draft.ts';
import { must } from './invariant.ts';
import {
  changeRecord,
  isOver,
  recordOf,
  STEPS_KEPT_MAX,
  type Rotation,
  type RotationStage,
  type RotationStep,
} from './ledger.ts';

/** What is written down of a rotation, and asked of the host for it. */

/** The host shall do something about its files. */
export function workOn(draft: Draft, credential: string, act: 'promote' | 'settle' | 'unstage'): void {
  const rotation = must(recordOf(draft, credential).rotation, 'its files are those of a rotation');
  putRotation(draft, credential, { ...rotation, working: true, retry: null });
  draft.commands.push({ type: 'rotate-files', act, credential, rotation: rotation.id });
}

/** It has come further. */
export function changeStage(draft: Draft, credential: string, stage: RotationStage): void {
  putRotation(draft, credential, { ...must(recordOf(draft, credential).rotation, 'it is under way'), stage });
}

/** A roll without a rotation has nobody who reads along. */
export function noteStep(
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

/** With one more line for people. */
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

/** Stores it. */
export function putRotation(draft: Draft, credential: string, rotation: Rotation): Rotation {
  changeRecord(draft, credential, { rotation });
  return rotation;
}
