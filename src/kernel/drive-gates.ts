import { beginAttempt } from './attempts.ts';
import type { Draft } from './draft.ts';
import type { Agent } from './fleet.ts';
import { electCanary, gateOf, hasWaiters, passOn } from './gates.ts';
import { must } from './invariant.ts';
import { beginRun, beginStop } from './lifecycle.ts';
import { isDue } from './moment.ts';
import { troubleOf } from './plans.ts';

/** Lets those try whose turn it is, and takes the turn from who has had it too long. */
export function driveGates(draft: Draft): void {
  for (const id of Object.keys(draft.incidents)) {
    for (const key of Object.keys(must(draft.incidents[id], `${id} is open`).gates)) driveGate(draft, id, key);
  }
}

function driveGate(draft: Draft, id: string, key: string): void {
  const incident = must(draft.incidents[id], `${id} is open`);
  const { canary, until } = gateOf(incident, key);
  if (canary !== null && until !== null && isDue(until, draft.moment) && hasWaiters(draft, incident, key)) {
    passOn(draft, must(draft.agents[canary], `${canary} tries`), incident, key);
  }
  // Who is next may be so at once: the credential was changed meanwhile.
  const elected = electCanary(draft, must(draft.incidents[id], `${id} is open`), key, draft.moment);
  if (elected !== null) attempt(draft, elected, true);
}

/** The old process, if there is one, is replaced. */
export function attempt(draft: Draft, agent: Agent, isCanary: boolean): void {
  const { cause, id } = troubleOf(draft, agent).incident;
  const attempting = beginAttempt(draft, agent, isCanary);
  if (agent.state.at === 'running') {
    beginStop(draft, attempting, agent.state.run, { cause, detail: id, interrupt: true });
  } else {
    beginRun(draft, attempting, cause);
  }
}
