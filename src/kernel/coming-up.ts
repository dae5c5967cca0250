import { waitsForAttempt } from './attempts.ts';
import { put, type Draft } from './draft.ts';
import { runOf, type Agent, type Fleet, type Run } from './fleet.ts';
import { credentialNameOf } from './ledger.ts';
import { mono, type Moment, type MonoDeadline } from './moment.ts';

/**
 * After a restart of the machine everybody is to be started at the same moment. They come up one after the other, so that
 * neither the processor nor the credential that they share meets a storm.
 */

/** Agents of one credential are started this far apart. */
export const COME_UP_MS = 1_000;

/** Its process was ended by the machine, whatever is noted of its end. */
export const isOfEarlierBoot = (run: Run, moment: Moment): boolean => run.startedAt.boot !== moment.boot;

export const isReboot = ({ seen }: Fleet, moment: Moment): boolean => seen !== null && seen.boot !== moment.boot;

/** The first time from now on at which nobody of the agent's credential is started. */
export function turnToStart(draft: Draft, agent: Agent): MonoDeadline {
  return freeTurn(draft, agent, new Set([agent.spec.name]));
}

/** Starts that fell due while the machine was down: the first of a credential is due now, the others after it. */
export function spreadStarts(draft: Draft): void {
  const late = Object.values(draft.agents).filter(
    (agent) => (plannedStart(draft, agent) ?? Infinity) <= draft.moment.mono,
  );
  const without = new Set(late.map(({ spec }) => spec.name));
  for (const agent of late) {
    const state = agent.state as WaitingState;
    put(draft, { ...agent, state: { ...state, deadline: freeTurn(draft, agent, without) } });
    without.delete(agent.spec.name);
  }
}

type WaitingState = Extract<Agent['state'], { at: 'waiting' | 'errored' }>;

function freeTurn(draft: Draft, agent: Agent, without: ReadonlySet<string>): MonoDeadline {
  const credential = credentialNameOf(agent);
  const taken = Object.values(draft.agents)
    .filter((other) => !without.has(other.spec.name) && credentialNameOf(other) === credential)
    .map((other) => plannedStart(draft, other) ?? lastStart(other, draft.moment))
    .filter((start) => start !== null)
    .toSorted((one, other) => one - other);
  let at: number = draft.moment.mono;
  for (const start of taken) if (Math.abs(start - at) < COME_UP_MS) at = start + COME_UP_MS;
  return { clock: 'mono', at: mono(at) };
}

/** Null when nothing is planned, and for whom its incident starts: it has its turn there. */
function plannedStart(draft: Draft, agent: Agent): number | null {
  const { state, paused } = agent;
  if (state.at !== 'waiting' && state.at !== 'errored') return null;
  return paused || waitsForAttempt(draft, agent) ? null : state.deadline.at;
}

/** Null when it was not in this boot. */
function lastStart({ state }: Agent, moment: Moment): number | null {
  const run = runOf(state);
  return run === null || isOfEarlierBoot(run, moment) ? null : run.startedAt.mono;
}
