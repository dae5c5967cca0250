import { isAuth, isLimit } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import type { Agent, Fleet } from './fleet.ts';
import type { Recovery } from './trouble.ts';
import { changeGate, closeGate, enterGate, gateOf, handOver, hasWaiters } from './gates.ts';
import { addAttempt, changeLastAttempt, endAttempt, putIncident, WIDE } from './incidents.ts';
import { tell } from './notices.ts';
import { troubleOf } from './plans.ts';

/** The attempt begins: from here on only the new process can prove anything. A canary tries for all at its gate. */
export function beginAttempt(draft: Draft, agent: Agent, isCanary: boolean): Agent {
  const { recovery, incident } = troubleOf(draft, agent);
  const attempts = recovery.attempts + 1;
  const tried = addAttempt(incident, {
    agent: agent.spec.name,
    at: draft.moment.wall,
    run: null,
    canary: isCanary && WIDE.has(incident.scope),
    outcome: 'pending',
  });
  putIncident(draft, tried);
  if (isCanary) enterGate(draft, agent, tried, recovery.gate);
  record(draft, agent, 'attempt', incident.cause, `attempt ${attempts} in ${recovery.incident}`);
  return put(draft, {
    ...agent,
    // Who follows is not asked for a proof: its canary was.
    recovery: { ...recovery, stage: 'replacing', attempts, next: null, prompts: isCanary },
  });
}

/** What a trouble becomes with a new process: it must answer, and has the full time for it. */
export function recoverIn(draft: Draft, agent: Agent, run: string): Recovery {
  const { recovery, incident } = troubleOf(draft, agent);
  if (recovery.stage !== 'replacing' && recovery.stage !== 'verifying') return recovery;
  putIncident(draft, changeLastAttempt(incident, agent.spec.name, { run }));
  return { ...recovery, stage: 'verifying', next: null };
}

/**
 * The new process has not answered within `auth.verify.timeout`: it proved nothing, the next attempt is planned. A
 * conversation that it resumed at its very first question is not tried again: the next one begins a fresh one.
 */
export function attemptUnproven(draft: Draft, agent: Agent): Agent {
  const { recovery, incident } = troubleOf(draft, agent);
  const ended = putIncident(draft, endAttempt(incident, agent.spec.name, 'unproven', true));
  record(draft, agent, 'attempt-failed', incident.cause, 'no answer in time');
  tell(draft, incident.id, 'failing');
  closeGate(draft, agent, ended, recovery.gate);
  const { held } = gateOf(incident, recovery.gate);
  return put(draft, {
    ...agent,
    session: { ...agent.session, firstAsked: null },
    health: held ? 'held' : 'quiet',
    recovery: { ...recovery, stage: held ? 'held' : 'gated', next: null },
  });
}

/**
 * The process of the agent that tries for others has ended by itself before it answered: that proves nothing, and another
 * one tries. One that tries for itself alone is started again.
 */
export function giveWay(draft: Draft, agent: Agent): Agent {
  if (agent.recovery?.stage !== 'verifying') return agent;
  const { recovery, incident } = troubleOf(draft, agent);
  const { canary, held } = gateOf(incident, recovery.gate);
  if (canary !== agent.spec.name || !hasWaiters(draft, incident, recovery.gate)) return agent;
  handOver(draft, agent, putIncident(draft, endAttempt(incident, agent.spec.name, 'unproven')), recovery.gate);
  record(draft, agent, 'attempt-failed', incident.cause, 'the process ended before it had answered');
  const stage = held ? 'held' : 'gated';
  return put(draft, { ...agent, health: held ? 'held' : 'quiet', recovery: { ...recovery, stage, next: null } });
}

/**
 * An operator's restart is no attempt and no proof, so the incident stays open; but it wins over every plan and hold, and
 * the schedule begins anew. Its answer, to whatever it is asked next, is the proof.
 */
export function recoveryByOperator(draft: Draft, agent: Agent): Recovery {
  const { recovery, incident } = troubleOf(draft, agent);
  if (isLimit(incident.cause)) return recovery;
  changeGate(draft, incident.id, recovery.gate, { delayMs: 0 });
  return { ...recovery, stage: 'verifying', next: null, prompts: recovery.stage === 'replacing' };
}

/** Whether an agent whose process has ended is started by its incident alone. */
export function waitsForAttempt(fleet: Pick<Fleet, 'incidents'>, agent: Agent): boolean {
  if (agent.recovery?.stage === 'gated') return true;
  return agent.recovery?.stage === 'held' && isAuth(troubleOf(fleet, agent).incident.cause);
}

/** Another agent that is to be asked for a proof may have waited for the end of this one's turn. */
export function letOthersProve(draft: Draft): void {
  for (const [name, { recovery }] of Object.entries(draft.agents)) {
    if (recovery?.stage === 'verifying') draft.touched.add(name);
  }
  for (const { roll } of Object.values(draft.ledger)) {
    const taking = roll?.taking ?? null;
    if (taking !== null && draft.agents[taking] !== undefined) draft.touched.add(taking);
  }
}
