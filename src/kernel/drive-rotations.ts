import type { Draft } from './draft.ts';
import type { Agent } from './fleet.ts';
import { must } from './invariant.ts';
import { changeRecord, isOver, isRotating, recordOf, usersOf, type Roll, type RotationStage } from './ledger.ts';
import { incidentOf } from './membership.ts';
import { after, isDue, later, laterOf } from './moment.ts';
import {
  askForProof,
  endOfTaking,
  hasStale,
  isAwaited,
  isHad,
  nextToAsk,
  nextToTake,
  take,
  type Taken,
} from './roll.ts';
import { failTrial, goBack, hasNew, undo, unprovenOf } from './rotation.ts';
import { changeStage, putRotation, step, withStep, workOn } from './rotation-steps.ts';

/** Lets those take a new secret whose turn it is, and goes on when all have it. Called at the end of each step. */
export function driveRotations(draft: Draft): void {
  for (const credential of Object.keys(draft.ledger)) {
    noteProofs(draft, credential);
    driveRoll(draft, credential);
    driveFiles(draft, credential);
  }
}

/** Who has answered on the new secret, for whatever reason it got it. */
function noteProofs(draft: Draft, credential: string): void {
  const { rotation, roll } = recordOf(draft, credential);
  if (rotation === null || !ROLLED.has(rotation.stage)) return;
  for (const agent of usersOf(draft, credential)) {
    const { name } = agent.spec;
    const isProven = agent.fingerprint === rotation.to && agent.state.at === 'running' && agent.state.run.answered;
    const known = must(recordOf(draft, credential).rotation, 'it is under way');
    if (!isProven || known.proven.includes(name)) continue;
    putRotation(draft, credential, withStep(draft, { ...known, proven: [...known.proven, name] }, 'proven', name, ''));
    if (roll?.trial === true) endTrial(draft, credential, roll);
  }
}

const ROLLED: ReadonlySet<RotationStage> = new Set<RotationStage>(['trying', 'rolling', 'promoting', 'settling']);

/** From now on it is brought to all, one after the other. */
function endTrial(draft: Draft, credential: string, roll: Roll): Roll {
  changeStage(draft, credential, 'rolling');
  const free = { ...roll, trial: false };
  changeRecord(draft, credential, { roll: free });
  return free;
}

function driveRoll(draft: Draft, credential: string): void {
  const { roll } = recordOf(draft, credential);
  if (roll === null) return;
  const free = roll.taking === null ? roll : finishOne(draft, credential, roll, roll.taking);
  if (free === null) return;
  const next = nextToTake(draft, credential, free);
  if (next !== undefined) {
    step(draft, credential, free.trial ? 'trying' : 'taking', next.spec.name, '');
    take(draft, credential, free, next);
    return;
  }
  const asked = nextToAsk(draft, credential, free);
  if (asked !== undefined) askForProof(draft, credential, free, asked);
  else if (!isAwaited(draft, credential, free)) {
    if (free.trial) goWithoutTrial(draft, credential, free);
    else finishRoll(draft, credential, free);
  }
}

const WAITS: Readonly<Record<Exclude<Taken, 'proven' | 'other'>, string>> = {
  unasked: 'its next message will prove it',
  left: 'it was stopped or paused',
  ended: 'its process ended; the next one has the new secret',
  troubled: 'it is in trouble; see: agentvisor incidents',
  silent: 'it has not answered in time',
};

/** @returns the roll when somebody else may take it, null while this one is open or when the roll has failed. */
function finishOne(draft: Draft, credential: string, roll: Roll, name: string): Roll | null {
  const agent = usersOf(draft, credential).find(({ spec }) => spec.name === name);
  const taken = endOfTaking(draft, roll, agent);
  if (taken === null) return null;
  if (taken === 'other') return endRoll(draft, credential, name);
  // What cannot even be given to one agent is brought to no other until somebody has it: it is started again, and decides.
  if (taken === 'ended' && agent?.lastExit?.cause === 'spawn-failed' && !mayGoOn(draft, credential, roll)) {
    waitForStart(draft, credential, roll, agent);
    return null;
  }
  if (roll.trial && taken === 'left') leaveTrial(draft, credential, agent);
  else if (taken !== 'proven') {
    if (roll.trial) {
      failTrial(draft, credential, whyNot(draft, must(agent, 'who has left has not failed'), taken));
      return null;
    }
    step(draft, credential, 'waits', name, WAITS[taken]);
  }
  const free: Roll = { ...roll, taking: null, until: null };
  changeRecord(draft, credential, { roll: free });
  return free;
}

/** What a rotation brings, one agent has been answered on or tries; what else is brought, somebody must have been started with. */
function mayGoOn(draft: Draft, credential: string, roll: Roll): boolean {
  const known = recordOf(draft, credential);
  return (isRotating(known) && known.rotation?.to === roll.to) || isHad(draft, credential, roll);
}

/** Whenever it is started again, it has the full time to show something. */
function waitForStart(draft: Draft, credential: string, roll: Roll, { state, spec }: Agent): void {
  const timeMs = spec.watch.startTimeoutMs + spec.auth.verify.timeoutMs;
  const known = must(roll.until, 'who takes a secret has a time');
  const until = 'deadline' in state ? laterOf(known, later(state.deadline, timeMs)) : known;
  changeRecord(draft, credential, {
    roll: { ...roll, until: isDue(until, draft.moment) ? after(draft.moment, timeMs) : until },
  });
}

/** What was to be brought is not where it was: nobody else is sent for it. */
function endRoll(draft: Draft, credential: string, name: string): null {
  const { rotation } = recordOf(draft, credential);
  if (rotation?.stage === 'trying' || rotation?.stage === 'rolling')
    undo(draft, credential, rotation, `${name} was given another secret: ${rotation.source}.next is gone`);
  else changeRecord(draft, credential, { roll: null });
  return null;
}

/** It must not go on with a secret of which nothing is known. */
function leaveTrial(draft: Draft, credential: string, agent: Agent | undefined): void {
  const rotation = must(recordOf(draft, credential).rotation, 'a trial is part of a rotation');
  if (agent !== undefined && hasNew(draft, agent, rotation)) goBack(draft, agent);
}

/** What was seen says more than that there is trouble. */
const whyNot = (draft: Draft, agent: Agent, taken: keyof typeof WAITS): string =>
  incidentOf(draft, agent)?.evidence.at(-1) ?? `${agent.spec.name}: ${WAITS[taken]}`;

/** Nobody is up who could prove it, and nobody can lose by it. */
function goWithoutTrial(draft: Draft, credential: string, roll: Roll): void {
  step(draft, credential, 'waits', null, 'no agent is up that could prove it: the next one that answers does');
  endTrial(draft, credential, roll);
  driveRoll(draft, credential);
}

/** All have it that can have it now. */
function finishRoll(draft: Draft, credential: string, roll: Roll): void {
  const { rotation } = recordOf(draft, credential);
  if (rotation?.stage === 'rolling') {
    changeStage(draft, credential, 'promoting');
    workOn(draft, credential, 'promote');
  }
  if (!hasStale(draft, credential, roll)) changeRecord(draft, credential, { roll: null });
}

function driveFiles(draft: Draft, credential: string): void {
  const { rotation } = recordOf(draft, credential);
  if (rotation === null || rotation.working || isOver(rotation)) return;
  const { stage, retry } = rotation;
  if (retry !== null && !isDue(retry, draft.moment)) return;
  if (stage === 'settling' && (retry !== null || unprovenOf(draft, credential, rotation).length === 0)) {
    workOn(draft, credential, 'settle');
  } else if (retry !== null) {
    workOn(draft, credential, stage === 'promoting' ? 'promote' : 'unstage');
  }
}
