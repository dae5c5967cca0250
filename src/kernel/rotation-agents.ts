import { put, type Draft } from './draft.ts';
import type { Failure } from './facts.ts';
import type { Agent } from './fleet.ts';
import { must } from './invariant.ts';
import {
  changeRecord,
  credentialNameOf,
  noteDead,
  recordOf,
  usersOf,
  type Roll,
  type RotationStage,
} from './ledger.ts';
import { incidentOf } from './membership.ts';
import { askForProof, endOfTaking, isAwaited, isStale, nextToAsk, nextToTake, take, type Taken } from './roll.ts';
import { changeStage, noteStep, putRotation, withStep, workOn } from './rotation-record.ts';
import { undo } from './rotation-undo.ts';

/** Which agent takes a new secret next, what it has shown, and what follows for the rotation. */

/** Lets that agent take it whose turn it is; when all have it that can, it takes the old one's place. */
export function driveRoll(draft: Draft, credential: string): void {
  const { roll } = recordOf(draft, credential);
  if (roll === null) return;
  const free = roll.taking === null ? roll : finishOne(draft, credential, roll, roll.taking);
  if (free === null) return;
  const next = nextToTake(draft, credential, free);
  if (next !== undefined) {
    noteStep(draft, credential, free.trial ? 'trying' : 'taking', next.spec.name, '');
    take(draft, credential, free, next);
    return;
  }
  const asked = nextToAsk(draft, credential, free);
  if (asked !== undefined) {
    askForProof(draft, credential, free, asked);
  } else if (!isAwaited(draft, credential, free)) {
    if (free.trial) goWithoutTrial(draft, credential, free);
    else finishRoll(draft, credential);
  }
}

const WAITS: Readonly<Record<Exclude<Taken, 'proven'>, string>> = {
  unasked: 'its next message will prove it',
  left: 'it was stopped or paused',
  ended: 'its process ended; the next one has the new secret',
  troubled: 'it is in trouble; see: agentvisor incidents',
  silent: 'it has not answered in time',
};

/** @returns the roll when somebody else may take it, null while this one is open or when the trial has failed. */
function finishOne(draft: Draft, credential: string, roll: Roll, name: string): Roll | null {
  const agent = draft.agents[name];
  const taken = endOfTaking(draft, roll, agent);
  if (taken === null) return null;
  const free: Roll = { ...roll, taking: null, until: null };
  if (taken !== 'proven' && !(roll.trial && taken === 'left')) {
    if (roll.trial) return failTrial(draft, credential, `${name}: ${whyNot(draft, agent, taken)}`);
    noteStep(draft, credential, 'waits', name, WAITS[taken]);
  }
  const isTried = roll.trial && taken === 'proven';
  const next = isTried ? { ...free, trial: false } : free;
  const { rotation } = changeRecord(draft, credential, { roll: next });
  if (isTried && rotation !== null) putRotation(draft, credential, { ...rotation, stage: 'rolling' });
  return next;
}

/** What was seen says more than that there is trouble. */
function whyNot(draft: Draft, agent: Agent | undefined, taken: Exclude<Taken, 'proven'>): string {
  const evidence = agent === undefined ? undefined : incidentOf(draft, agent)?.evidence.at(-1);
  return evidence ?? WAITS[taken];
}

function failTrial(draft: Draft, credential: string, why: string): null {
  undo(draft, credential, must(recordOf(draft, credential).rotation, 'a trial is part of a rotation'), why);
  return null;
}

/** Nobody is up who could prove it, and nobody can lose by it. */
function goWithoutTrial(draft: Draft, credential: string, roll: Roll): void {
  noteStep(draft, credential, 'waits', null, 'no agent is up that could prove it: the next one that answers does');
  changeStage(draft, credential, 'rolling');
  changeRecord(draft, credential, { roll: { ...roll, trial: false } });
  driveRoll(draft, credential);
}

/** All have it that can have it now. */
function finishRoll(draft: Draft, credential: string): void {
  const { rotation } = changeRecord(draft, credential, { roll: null });
  if (rotation === null || (rotation.stage !== 'trying' && rotation.stage !== 'rolling')) return;
  changeStage(draft, credential, 'promoting');
  workOn(draft, credential, 'promote');
}

/** The agent that tries a new secret has failed with it: that is nobody's trouble, and shows only that it is no good. */
export function isTrialFailure(draft: Draft, agent: Agent, { kind }: Failure): boolean {
  const name = credentialNameOf(agent);
  const roll = name === null ? null : recordOf(draft, name).roll;
  if (roll === null || !roll.trial || roll.taking !== agent.spec.name || isStale(agent, roll)) return false;
  return agent.recovery === null && TELLING.has(kind);
}

/** What a secret itself can be the reason of. */
const TELLING: ReadonlySet<Failure['kind']> = new Set<Failure['kind']>([
  'auth',
  'credential',
  'billing',
  'account',
  'config',
  'model',
]);

export function onTrialFailure(draft: Draft, agent: Agent, kind: Failure['kind'], text: string): Agent {
  const credential = must(credentialNameOf(agent), 'it tries one');
  put(draft, agent);
  if (kind === 'credential') noteDead(draft, credential, agent.fingerprint);
  failTrial(draft, credential, `${agent.spec.name}: ${text}`);
  return must(draft.agents[agent.spec.name], 'it has just failed');
}

/** Who has answered on the new secret, for whatever reason it got it. */
export function noteProofs(draft: Draft, credential: string): void {
  const { rotation } = recordOf(draft, credential);
  if (rotation === null || !ROLLED.has(rotation.stage)) return;
  for (const agent of usersOf(draft, credential)) {
    const { name } = agent.spec;
    const isProven = agent.fingerprint === rotation.to && agent.state.at === 'running' && agent.state.run.answered;
    const known = must(recordOf(draft, credential).rotation, 'it is under way');
    if (!isProven || known.proven.includes(name)) continue;
    putRotation(draft, credential, withStep(draft, { ...known, proven: [...known.proven, name] }, 'proven', name, ''));
  }
}

const ROLLED: ReadonlySet<RotationStage> = new Set<RotationStage>(['trying', 'rolling', 'promoting', 'settling']);
