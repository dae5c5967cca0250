import { CAUSES, isAuth, type Cause } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import type { Agent, Fleet } from './fleet.ts';
import type { Incident, Recovery } from './trouble.ts';
import { callBack, changeGate, closeGate, gateOf, waitersOf } from './gates.ts';
import { must } from './invariant.ts';
import { credentialNameOf, noteDead } from './ledger.ts';
import { incidentOf } from './membership.ts';
import { after, stampOf } from './moment.ts';
import { tell } from './notices.ts';
import { SLOW_ATTEMPT_MS } from './quiet.ts';

/** What is done about a trouble that a new process may help. The agent is in its incident already. */

/** It waits for its turn already, or a person is waited for. */
export const isPlanned = ({ stage }: Recovery): boolean =>
  stage === 'gated' || stage === 'following' || stage === 'held';

/**
 * Attempt 0 of an incident is immediate; every later one waits for the quiet schedule. A plan that stands keeps its
 * time: what an agent says by itself meanwhile must not put it off for ever.
 */
export function planAttempt(draft: Draft, agent: Agent, cause: Cause): Agent {
  const { recovery: known, incident } = troubleOf(draft, agent);
  if (isPlanned(known)) return put(draft, agent);
  const recovery = known.stage === 'verifying' ? { ...known, rejectedAt: stampOf(draft.moment) } : known;
  const { attempts, held } = gateOf(incident, recovery.gate);
  closeGate(draft, agent, incident, recovery.gate);
  if (held) return holdOne(draft, agent, recovery, incident);
  const health = attempts === 0 ? (CAUSES[cause].health ?? 'wedged') : 'quiet';
  return put(draft, { ...withoutWish(agent), health, recovery: { ...recovery, stage: 'gated', next: null } });
}

/** The credential is dead, says the API. A running process never re-reads a login, so one restart comes first. */
export function holdForCredential(draft: Draft, agent: Agent, isFresh: boolean): Agent {
  const before = troubleOf(draft, agent);
  const { canary: tried, renewed } = gateOf(before.incident, before.recovery.gate);
  const planned = planAttempt(draft, agent, 'auth-session');
  if (!isFresh) return planned;
  const credential = credentialNameOf(agent);
  if (credential !== null) noteDead(draft, credential, agent.fingerprint);
  const { recovery, incident } = troubleOf(draft, planned);
  const { gate } = recovery;
  callBack(draft, incident, gate);
  const { canary, next } = gateOf(incident, gate);
  // What it tried was replaced meanwhile: the new one is tried at once.
  const isReplaced = renewed && tried === agent.spec.name;
  const slow = canary === null ? after(draft.moment, SLOW_ATTEMPT_MS) : null;
  changeGate(draft, incident.id, gate, { held: true, next: isReplaced ? next : slow });
  for (const waiter of waitersOf(draft, incident, gate)) {
    const known = must(waiter.recovery, 'who waits is in an incident');
    if (known.stage !== 'held') holdOne(draft, waiter, known, incident);
  }
  return must(draft.agents[agent.spec.name], 'it has just been held');
}

/** A person is needed: nothing is tried until one has acted. */
export function holdForPerson(draft: Draft, agent: Agent): Agent {
  const { recovery, incident } = troubleOf(draft, agent);
  if (recovery.stage === 'held') return put(draft, agent);
  const { gate } = recovery;
  const { canary, until } = gateOf(incident, gate);
  const free = canary === agent.spec.name ? { canary: null, until: null } : { canary, until };
  changeGate(draft, incident.id, gate, { ...free, closedAt: stampOf(draft.moment), held: true, next: null });
  return holdOne(draft, agent, recovery, incident);
}

/** Why a person is needed: among rejections it is the credential, in whatever wider trouble it is. */
export const causeOfHold = ({ cause }: Incident): Cause => (isAuth(cause) ? 'auth-credential' : cause);

function holdOne(draft: Draft, agent: Agent, recovery: Recovery, incident: Incident): Agent {
  const cause = causeOfHold(incident);
  record(draft, agent, 'held', cause, CAUSES[cause].told);
  tell(draft, incident.id, 'attention', cause);
  return put(draft, { ...withoutWish(agent), health: 'held', recovery: { ...recovery, stage: 'held', next: null } });
}

/** Who is in trouble is not renewed for having been idle or for its memory. */
function withoutWish(agent: Agent): Agent {
  const isAutomatic = agent.restart?.cause === 'idle-wake' || agent.restart?.cause === 'memory';
  return isAutomatic ? { ...agent, restart: null } : agent;
}

/** The trouble of an agent that is in one. */
export function troubleOf(
  fleet: Pick<Fleet, 'incidents'>,
  agent: Agent,
): { readonly recovery: Recovery; readonly incident: Incident } {
  const recovery = must(agent.recovery, `${agent.spec.name} is in trouble`);
  return { recovery, incident: must(incidentOf(fleet, agent), `${recovery.incident} is open`) };
}
