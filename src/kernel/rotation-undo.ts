import { noCrashes } from './crashes.ts';
import { put, record, type Draft } from './draft.ts';
import { runOf, type Agent, type Fleet } from './fleet.ts';
import { changeRecord, takesStaged, usersOf, type Rotation } from './ledger.ts';
import { putRotation, withStep } from './rotation-record.ts';

/** The way back to the secret that there was. It stands in its place still, so that whoever starts anew has it. */

/** Everything goes back to the old secret. */
export function undo(draft: Draft, credential: string, rotation: Rotation, why: string): void {
  const those = usersOf(draft, credential).filter((agent) => hasNew(draft, agent, rotation));
  putRotation(
    draft,
    credential,
    withStep(draft, { ...rotation, stage: 'undoing', why, retry: null }, 'failed', null, why),
  );
  changeRecord(draft, credential, { roll: null });
  for (const agent of those) goBack(draft, agent, rotation);
}

/** Nobody runs on the new secret any more, or is about to end for it. */
export const isBack = (fleet: Pick<Fleet, 'agents'>, credential: string, { to }: Rotation): boolean =>
  usersOf(fleet, credential).every(
    ({ state, fingerprint, restart }) => (runOf(state) === null || fingerprint !== to) && restart?.secret !== 'old',
  );

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
