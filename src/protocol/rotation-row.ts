import type { Fleet } from '../kernel/fleet.ts';
import { isOver, recordOf, type Rotation } from '../kernel/ledger.ts';
import { isBack, unprovenOf } from '../kernel/rotation.ts';
import type { RotationRow } from './api.ts';

/** The last rotation of a credential, null when there was none. */
export function rotationRow(fleet: Fleet, credential: string): RotationRow | null {
  const { rotation } = recordOf(fleet, credential);
  if (rotation === null) return null;
  const { id, from, to, stage, why, steps } = rotation;
  const unproven = unprovenOf(fleet, credential, rotation);
  return {
    id,
    credential,
    from,
    to,
    stage,
    why,
    unproven,
    over: isSettled(fleet, credential, rotation) || isLeftToTraffic(rotation, unproven),
    steps: steps.map((step) => ({ ...step, at: new Date(step.at).toISOString() })),
  };
}

/** Undone, it is over when all are on the old secret again. */
const isSettled = (fleet: Fleet, credential: string, rotation: Rotation): boolean =>
  rotation.stage === 'undone' ? isBack(fleet, credential, rotation) : isOver(rotation);

/** All that can be asked have answered: what is missing comes with the next messages, whenever that is. */
const isLeftToTraffic = ({ stage }: Rotation, unproven: readonly string[]): boolean =>
  stage === 'settling' && unproven.length > 0;
