import { nextDeadline } from '../../src/kernel/deadlines.ts';
import { runOf, type Agent, type Fleet } from '../../src/kernel/fleet.ts';
import type { CredentialRecord } from '../../src/kernel/ledger.ts';
import type { Gate, Incident } from '../../src/kernel/trouble.ts';
import type { Moment } from '../../src/kernel/moment.ts';

/** Everything that must hold of a fleet between any two steps. Empty when all is well. */
export function brokenInvariants(fleet: Fleet, moment: Moment): readonly string[] {
  const agents = Object.entries(fleet.agents);
  return [
    ...agents.flatMap(([name, agent]) => ofAgent(fleet, name, agent)),
    ...Object.values(fleet.incidents).flatMap((incident) => ofIncident(fleet, incident)),
    ...Object.entries(fleet.ledger).flatMap(([credential, known]) => ofRecord(fleet, credential, known)),
    ...ofDeadlines(fleet, moment),
  ];
}

function ofAgent(fleet: Fleet, name: string, agent: Agent): readonly string[] {
  const { state, turn, queue, recovery, desired } = agent;
  const sent = queue.filter((message) => message.state === 'sent');
  const asked = turn?.message ?? null;
  const ids = [...queue, ...agent.finished].map(({ id }) => id);
  const claims: readonly (readonly [boolean, string])[] = [
    [agent.spec.name === name, 'it stands under its name'],
    [desired === 'up' || state.at === 'stopped' || state.at === 'stopping', 'wanted down, it is down or going down'],
    [
      desired === 'down' || state.at !== 'stopped' || state.ended,
      'wanted up, it is only down when it has ended by its policy',
    ],
    [!agent.deleting || (desired === 'down' && state.at === 'stopping'), 'deleted, it only exists until it is down'],
    [turn === null || runOf(state) !== null, 'a turn needs a process'],
    [sent.length <= 1, 'at most one message is in an agent'],
    [(sent[0]?.id ?? null) === asked, 'the message in the agent is the one of its turn'],
    [asked === null || queue[0]?.id === asked, 'the message in the agent is the oldest one'],
    [queue.every((message) => message.state === 'queued' || message.state === 'sent'), 'what waits is queued or sent'],
    [
      agent.finished.every(({ state: end }) => end === 'answered' || end === 'failed' || end === 'cancelled'),
      'what is finished has an end',
    ],
    [new Set(ids).size === ids.length, 'no message is there twice'],
    [
      recovery === null || fleet.incidents[recovery.incident]?.open.includes(name) === true,
      'its trouble is an open incident with it in it',
    ],
    [recovery?.stage !== 'following' || recovery.next !== null, 'who follows has a time'],
    [recovery?.stage !== 'replacing' || state.at === 'stopping', 'an attempt that has begun is ending the old process'],
    [recovery === null || agent.health !== 'healthy', 'in trouble it is not called healthy'],
    [recovery !== null || agent.health !== 'verifying', 'it only has to prove itself in an incident'],
    [state.at !== 'stopped' || (recovery === null && agent.health === 'unknown'), 'down, it is in no trouble'],
    [
      agent.health !== 'healthy' || runOf(state)?.answered === true,
      'it is only healthy when this process has answered',
    ],
    [
      agent.restart === null || state.at === 'stopping' || agent.paused || agent.turn !== null,
      'a restart that is asked for is under way, or waits for the end of a turn',
    ],
  ];
  return claims.filter(([holds]) => !holds).map(([, claim]) => `${name}: ${claim}`);
}

function ofIncident(fleet: Fleet, incident: Incident): readonly string[] {
  const isIn = (name: string): boolean => fleet.agents[name]?.recovery?.incident === incident.id;
  const pending = incident.attempts.filter(({ outcome }) => outcome === 'pending');
  const claims: readonly (readonly [boolean, string])[] = [
    [incident.closedAt === null && incident.open.length > 0, 'it is open'],
    [incident.open.every(isIn), 'everyone in it knows it'],
    [incident.open.every((name) => incident.agents.includes(name)), 'whoever is in it is one of its agents'],
    [new Set(pending.map(({ agent }) => agent)).size === pending.length, 'an agent has at most one attempt at a time'],
    ...Object.entries(incident.gates).flatMap(([key, gate]) => ofGate(fleet, incident, key, gate)),
  ];
  return claims.filter(([holds]) => !holds).map(([, claim]) => `${incident.id}: ${claim}`);
}

function ofGate(fleet: Fleet, incident: Incident, key: string, gate: Gate): readonly (readonly [boolean, string])[] {
  const canary = gate.canary === null ? null : fleet.agents[gate.canary];
  const stages = incident.open.map((name) => fleet.agents[name]?.recovery).filter((known) => known?.gate === key);
  const isAwaited = stages.some((known) => known?.stage === 'gated');
  return [
    [gate.canary === null || incident.open.includes(gate.canary), 'who tries is in it'],
    [canary === null || canary?.recovery?.gate === key, 'who tries does so at its own gate'],
    [
      canary === null || !['gated', 'following', 'held'].includes(canary?.recovery?.stage ?? ''),
      'who tries does not wait',
    ],
    [gate.canary === null || gate.next === null, 'one at a time'],
    [
      !isAwaited || gate.canary !== null || gate.next !== null,
      'whoever waits for its turn waits for somebody or a time',
    ],
  ];
}

function ofRecord(fleet: Fleet, credential: string, { roll, rotation }: CredentialRecord): readonly string[] {
  const taker = roll?.taking == null ? undefined : fleet.agents[roll.taking];
  const stage = rotation?.stage ?? 'done';
  const isAtFiles = stage === 'staging' || stage === 'promoting' || stage === 'undoing';
  const claims: readonly (readonly [boolean, string])[] = [
    [roll === null || (roll.taking === null) === (roll.until === null), 'who takes a secret has a time'],
    [
      roll?.taking == null || (taker?.desired === 'up' && !taker.paused && taker.spec.credentials[0] === credential),
      'who takes a secret is wanted up and is not paused',
    ],
    [(roll?.trial ?? false) === (stage === 'trying'), 'one agent tries for all while a rotation says so'],
    [stage !== 'rolling' || (roll !== null && roll.to === rotation?.to), 'the others take what was tried'],
    [rotation?.retry == null || !rotation.working, 'the host is not asked again while it is at work'],
    [!isAtFiles || rotation?.working === true || rotation?.retry != null, 'what waits for the files will be asked for'],
    [stage !== 'undone' || rotation?.why !== '', 'of what was undone it is said why'],
    [new Set(rotation?.proven).size === (rotation?.proven.length ?? 0), 'nobody has proven it twice'],
  ];
  return claims.filter(([holds]) => !holds).map(([, claim]) => `${credential}: ${claim}`);
}

/** A step leaves nothing undone that was due: else the host would be woken for ever. */
function ofDeadlines(fleet: Fleet, moment: Moment): readonly string[] {
  const next = nextDeadline(fleet);
  const isDue = (next.mono !== null && next.mono <= moment.mono) || (next.wall !== null && next.wall <= moment.wall);
  return isDue ? ['something is due and was not done'] : [];
}
