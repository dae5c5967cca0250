import { CAUSES, isLimit } from './causes.ts';
import { put, record, type Draft } from './draft.ts';
import type { Agent, Recovery } from './fleet.ts';
import { addAttempt, changeLastAttempt, putIncident } from './incidents.ts';
import { keepHeld, planNext } from './plans.ts';

/** Whether the next process is an attempt of the incident, once its time has come. */
export const isAttemptPlanned = ({ stage, next }: Recovery): boolean =>
  next !== null && (stage === 'planned' || stage === 'held');

/** The planned attempt begins: from here on only the new process can prove anything. */
export function beginAttempt(draft: Draft, agent: Agent, recovery: Recovery): Agent {
  const incident = draft.incidents[recovery.incident];
  const attempts = recovery.attempts + 1;
  const cause = incident?.cause ?? 'unknown';
  if (incident !== undefined) {
    putIncident(
      draft,
      addAttempt(incident, {
        agent: agent.spec.name,
        at: draft.moment.wall,
        run: null,
        canary: false,
        outcome: 'pending',
      }),
    );
  }
  record(draft, agent, 'attempt', cause, `attempt ${attempts} in ${recovery.incident}`);
  return put(draft, {
    ...agent,
    recovery: { ...recovery, stage: 'replacing', attempts, next: null },
  });
}

/** What a trouble becomes with a new process: it must answer, and has the full time for it. */
export function recoverIn(draft: Draft, agent: Agent, recovery: Recovery, run: string): Recovery {
  if (recovery.stage !== 'replacing' && recovery.stage !== 'verifying') return recovery;
  const incident = draft.incidents[recovery.incident];
  if (incident !== undefined) {
    putIncident(draft, changeLastAttempt(incident, agent.spec.name, { run }));
  }
  const prompts = recovery.prompts || recovery.stage === 'replacing';
  return { ...recovery, stage: 'verifying', next: null, prompts };
}

/**
 * The new process has not answered within `auth.verify.timeout`: it proved nothing, the next attempt is planned. A
 * conversation that it resumed at its very first question is not tried again: the next one begins a fresh one.
 */
export function attemptUnproven(draft: Draft, agent: Agent, recovery: Recovery): Agent {
  const incident = draft.incidents[recovery.incident];
  if (incident === undefined) return put(draft, { ...agent, recovery: null });
  putIncident(draft, changeLastAttempt(incident, agent.spec.name, { outcome: 'unproven' }));
  record(draft, agent, 'attempt-failed', incident.cause, 'no answer in time');
  const isHeld = CAUSES[incident.cause].action === 'hold';
  const free = { ...agent, session: { ...agent.session, firstAsked: null } };
  return isHeld ? keepHeld(draft, free, recovery, incident.cause) : planNext(draft, free, recovery, incident);
}

/**
 * An operator's restart is no attempt and no proof, so the incident stays open; but it wins over every plan and hold, and
 * the schedule begins anew. Its answer, to whatever it is asked next, is the proof.
 */
export function recoveryByOperator(draft: Draft, recovery: Recovery): Recovery {
  const cause = draft.incidents[recovery.incident]?.cause ?? 'unknown';
  if (isLimit(cause)) return recovery;
  const prompts = recovery.stage === 'replacing';
  return { ...recovery, stage: 'verifying', delayMs: 0, next: null, prompts };
}
