import { isAuth } from './causes.ts';
import { onDisk } from './disk.ts';
import { record, type Draft } from './draft.ts';
import type { WorldEvent } from './events.ts';
import { tryAgain } from './fallback.ts';
import { renewGate, renewHeldGate, waitersOf } from './gates.ts';
import { askForRenewal } from './idle.ts';
import { credentialNameOf, isRotating, recordOf, retiredAt } from './ledger.ts';
import { onLogDropped } from './logs.ts';
import { startWithDaemon, stopWithDaemon } from './operator.ts';
import { beginRoll } from './roll.ts';
import { onReplacedByHand } from './rotation.ts';
import { noteDeadline } from './secret-deadlines.ts';

/** What the host notices of the world beside the processes. */
export function onWorld(draft: Draft, event: WorldEvent): void {
  if (event.type === 'credential-changed') {
    onCredentialChanged(draft, event.credential, event.fingerprint);
    if (event.byPerson) rollChange(draft, event.credential, event.fingerprint);
    return;
  }
  if (event.type === 'deadline-seen') {
    noteDeadline(draft, event.credential, event.at);
    return;
  }
  if (event.type === 'log-dropped') {
    onLogDropped(draft, event.agent, event.bytes, event.lines);
    return;
  }
  if (event.type === 'disk') {
    onDisk(draft, event.missingBytes);
    return;
  }
  if (event.type === 'daemon-ends') {
    Object.values(draft.agents).forEach((agent) => stopWithDaemon(draft, agent));
    return;
  }
  if (event.type === 'daemon-begins') {
    for (const agent of Object.values(draft.agents)) {
      draft.touched.add(agent.spec.name);
      startWithDaemon(draft, agent);
    }
    return;
  }
  const agent = draft.agents[event.agent];
  if (agent?.state.at !== 'running' || agent.state.run.servedAt === null) return;
  askForRenewal(draft, agent, 'idle-wake');
}

/** Agents that are in no trouble get it, too, one after the other. A rotation brings its secret by itself. */
function rollChange(draft: Draft, credential: string, fingerprint: string | null): void {
  if (isRotating(recordOf(draft, credential))) return;
  // Nobody is started with a secret that was replaced.
  if (fingerprint !== null && retiredAt(draft, credential, fingerprint) !== null) return;
  tryAgain(draft, credential);
  onReplacedByHand(draft, credential, fingerprint);
  beginRoll(draft, credential, { to: fingerprint, trial: false, all: false, asks: true });
}

/** Whoever waits for that credential tries, its canary first. @param fingerprint null for a stored login */
function onCredentialChanged(draft: Draft, credential: string, fingerprint: string | null): void {
  for (const incident of Object.values(draft.incidents)) {
    if (!isAuth(incident.cause)) continue;
    for (const [key, { canary }] of Object.entries(incident.gates)) {
      const those = [...waitersOf(draft, incident, key), ...(canary === null ? [] : [draft.agents[canary]])];
      const first = those.find(
        (agent) =>
          agent !== undefined &&
          credentialNameOf(agent) === credential &&
          (fingerprint === null || agent.fingerprint !== fingerprint),
      );
      if (first === undefined) continue;
      if (fingerprint === null) renewHeldGate(draft, first, incident, key);
      else renewGate(draft, incident, key);
      record(draft, first, 'released', incident.cause, `credential '${credential}' has changed`);
    }
  }
}
