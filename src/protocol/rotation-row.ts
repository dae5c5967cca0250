import { runOf, type Fleet } from '../kernel/fleet.ts';
import { isOver, recordOf, usersOf, type Rotation } from '../kernel/ledger.ts';
import { unprovenOf } from '../kernel/rotation.ts';
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

/** Nobody runs on the new secret any more, or is about to end for it. Who is paused goes back when it is resumed. */
const isBack = (fleet: Pick<Fleet, 'agents'>, credential: string, { to }: Rotation): boolean =>
  usersOf(fleet, credential).every(
    ({ state, fingerprint, restart, paused }) =>
      paused || ((runOf(state) === null || fingerprint !== to) && restart?.secret !== 'old'),
  );

/** All that can be asked have answered: what is missing comes with the next messages, whenever that is. */
const isLeftToTraffic = ({ stage }: Rotation, unproven: readonly string[]): boolean =>
  stage === 'settling' && unproven.length > 0;
