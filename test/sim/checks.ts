import { isDeepStrictEqual } from 'node:util';
import { loadState } from '../../src/home/journal.ts';
import { piecesOf } from '../../src/home/log-pieces.ts';
import { AGENT_COOKIE, RUN_COOKIE } from '../../src/kernel/cookies.ts';
import type { Command } from '../../src/kernel/commands.ts';
import { runOf, type Agent, type Fleet } from '../../src/kernel/fleet.ts';
import { findMessage } from '../../src/kernel/messages.ts';
import { brokenInvariants } from '../kernel/invariants.ts';
import type { News, Printed } from './agent/town.ts';
import { HOME, type Play } from './play.ts';

import type { Sent } from './operator.ts';

type Recorded = Extract<Command, { type: 'record' }>;

/** Nobody is called healthy whose process has not printed a good answer. */
export function checkHealth({ box, town }: Play, agent: Agent): void {
  if (agent.health !== 'healthy') return;
  const run = runOf(agent.state)?.id;
  const folder = `${HOME}/agents/${agent.spec.name}/runs/${run}`;
  if (!town.good.has(folder)) box.fail(`${agent.spec.name} is called healthy, and ${run} has answered nothing`);
}

/** What a lost notification would have told is found within a second; that and some more for a slow machine. */
const UNHEARD_MS = 2_000;

/** Nobody is called silent who has said all there was to say, or who is held by the daemon itself. */
export function checkBlame({ box, town, hasForgotten }: Play, { agent, run, event, cause }: Recorded): void {
  // What the conversation has and the state has not is written once more, and not answered a second time.
  if (hasForgotten || event !== 'stopping' || (cause !== 'hang-in-turn' && cause !== 'hang-after-result')) return;
  const blamed = town.agents.get(`${HOME}/agents/${agent}/runs/${run}`);
  if (blamed === undefined || blamed.mind.hangs || blamed.mouth.lastAt > box.now - UNHEARD_MS) return;
  if (blamed.process.isStopped) box.fail(`${agent} is called silent (${cause}) and stands still`);
  else if (!blamed.mind.isBusy && blamed.mouth.isDone)
    box.fail(`${agent} is called silent (${cause}) and has said all`);
}

/** What happened a while ago is known. */
export function checkNews({ box, core }: Play, news: News): void {
  const agent = core?.engine.fleet.agents[news.agent];
  if (agent === undefined) return;
  if (news.is === 'answered') {
    const state = findMessage(agent, news.message)?.state;
    if (state === 'sent') box.fail(`${news.message} was answered, and ${news.agent} is still waited for`);
  } else if (agent.state.at === 'running' && news.run.endsWith(`/${agent.state.run.id}`))
    box.fail(`${news.run} has ended and is said to run`);
}

/** What must hold when the faults are over and everything has come to rest. */
export function checkAtTheEnd(play: Play): void {
  const { box, core, operator } = play;
  if (core === null) return box.fail('no daemon lives at the end');
  const { fleet } = core.engine;
  const broken = [
    ...restless(play, fleet),
    ...wishes(play, fleet),
    ...operator.sent.flatMap((sent) => ofMessage(play, fleet, sent)),
    ...strangers(play, fleet),
    ...[...play.town.printed.values()].flatMap((printed) => ofLog(play, fleet, printed)),
    ...core
      .degraded()
      // A power cut leaves damage, which is kept for people and told until they take it away.
      .filter((line) => !((play.hasForgotten || play.mayBeTorn) && /^(?:state|agents): /.test(line)))
      .map((line) => `it stays degraded: ${line}`),
    ...brokenInvariants(fleet, core.clock.now()),
    // It costs as much as a tenth of the history.
    ...(box.random.chance(0.3) ? remembered(fleet, play.hasForgotten || play.mayBeTorn) : []),
  ];
  for (const what of broken) box.fail(what);
}

function restless({ operator }: Play, fleet: Fleet): string[] {
  const agents = Object.values(fleet.agents).flatMap(({ spec, state, desired, health, queue, turn, recovery }) => {
    const isThere = desired === 'down' ? state.at === 'stopped' : state.at === 'running';
    const isBusy = desired === 'up' && (queue.length > 0 || turn !== null || recovery !== null);
    return isThere && !isBusy
      ? []
      : [`${spec.name} does not come to rest: ${state.at} ${health}, ${queue.length} wait, ${recovery?.stage ?? ''}`];
  });
  return operator.open > 0 ? [...agents, `${operator.open} verbs get no answer`] : agents;
}

function wishes({ operator }: Play, { agents }: Fleet): string[] {
  return [...operator.wanted].flatMap(([name, { is, isSure }]) => {
    const found = agents[name] === undefined ? 'gone' : agents[name].desired;
    return !isSure || found === is ? [] : [`${name} is wanted ${is} and is ${found}`];
  });
}

/** Answered once, or told: what a daemon has taken is never lost and never done twice. */
function ofMessage(play: Play, fleet: Fleet, { agent, id, state, isExcused }: Sent): string[] {
  const answers = play.town.answers.get(id) ?? 0;
  const known = fleet.agents[agent] === undefined ? undefined : findMessage(fleet.agents[agent], id);
  const said = known?.state ?? 'unknown';
  // What an answer says may be gone with the power while the conversation is not.
  const isDone = play.hasForgotten ? answers > 0 : answers === 1;
  if (answers > 1 && !play.hasForgotten) return [`${id} of ${agent} was answered ${answers} times`];
  if (state === 'refused' && known !== undefined) return [`${id} of ${agent} was refused and is ${said}`];
  if (isExcused) return [];
  if (state === 'acked' && known === undefined) return [`${id} of ${agent} was taken and is lost`];
  if (said === 'answered' && !isDone) return [`${id} of ${agent} is called answered and has ${answers} answers`];
  if (said !== 'answered' && known !== undefined && answers > 0 && !play.hasForgotten)
    return [`${id} of ${agent} is called ${said} and has ${answers} answers`];
  return [];
}

/** No process without a record, and none of a run that is over. */
function strangers({ box, hasForgotten }: Play, { agents }: Fleet): string[] {
  // They are told, and wait for a person.
  if (hasForgotten) return [];
  return [...box.processes.table.values()].flatMap(({ pid, env }) => {
    const agent = agents[env[AGENT_COOKIE] ?? ''];
    const run = agent === undefined ? null : runOf(agent.state);
    const isKnown = run !== null && env[RUN_COOKIE]?.endsWith(`/${run.id}`) === true;
    return isKnown ? [] : [`${pid} of ${env[RUN_COOKIE]} lives and nobody knows it`];
  });
}

/** Byte for byte what was printed, but for what was dropped and said to be. */
function ofLog({ box, hasForgotten }: Play, fleet: Fleet, { agent, run, bytes }: Printed): string[] {
  const stdout = `${run}/stdout.ndjson`;
  const pieces = box.disk.find(run) === null ? [] : piecesOf(stdout);
  const [first] = pieces;
  if (first === undefined || hasForgotten) return [];
  const printed = Buffer.concat(bytes);
  const kept = pieces.map(
    ({ path, base, from }) =>
      box.disk
        .find(path)
        ?.content()
        .subarray(from - base) ?? Buffer.alloc(0),
  );
  const isDropped = first.from > 0 && (fleet.agents[agent]?.dropped?.bytes ?? 0) < first.from;
  if (isDropped) return [`${run} begins at ${first.from}, and that is not told`];
  return Buffer.concat(kept).equals(printed.subarray(first.from))
    ? []
    : [`${run} holds ${Buffer.concat(kept).length} bytes from ${first.from} on, and ${printed.length} were printed`];
}

/** Another daemon would go on with the same. */
function remembered(fleet: Fleet, mayBeDamaged: boolean): string[] {
  const { fleet: loaded, damage } = loadState(HOME);
  if (damage.length > 0 && !mayBeDamaged) return [`the state is damaged: ${damage.map(({ what }) => what).join()}`];
  const isSame = JSON.stringify(loaded) === JSON.stringify(fleet) || isDeepStrictEqual(loaded, fleet);
  return isSame ? [] : ['snapshot and journal give another fleet'];
}
