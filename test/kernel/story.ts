import { expect, test } from 'vitest';
import type { Command } from '../../src/kernel/commands.ts';
import type { Event } from '../../src/kernel/events.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import type { Fault } from '../stand-in/script.ts';
import { ADA, fleetOf, MAX } from './fleet-of.ts';
import { all, given, ms, send, start, type Act, type Move } from './scenario.ts';
import { ScriptedAgents } from './scripted-agents.ts';
import { changesOf, commandLine, eventLine, lineOf } from './transcript.ts';
import { World, type Told } from './world.ts';

/**
 * A story is a scenario of many agents that answer by themselves as a fault script says. Its transcript leaves out what
 * always goes the same way and keeps the evidence, the decisions and what people are told.
 */
export function story(
  name: string,
  until: string,
  cast: { readonly faults?: readonly Fault[]; readonly agents: readonly AgentSpec[] },
  moves: readonly Move[],
): void {
  test(name, async () => {
    const world = perform(until, cast, moves, brief);
    const file = `./scenarios/${name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}.txt`;
    await expect(`# ${name}\n\n${world.lines.join('\n')}\n`).toMatchFileSnapshot(file);
  });
}

/** A story of which only that is kept which people are told. */
export function notices(
  name: string,
  until: string,
  cast: { readonly faults?: readonly Fault[]; readonly agents: readonly AgentSpec[] },
  moves: readonly Move[],
): void {
  test(name, async () => {
    const world = perform(until, cast, moves, onlyNotices);
    const file = `./scenarios/told-${name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}.txt`;
    await expect(`# what people are told ${name}\n\n${world.lines.join('\n')}\n`).toMatchFileSnapshot(file);
  });
}

const onlyNotices: World['style'] = ({ now }, { commands }) =>
  commands.flatMap((command) =>
    command.type === 'notice'
      ? [
          lineOf(
            now,
            'notice',
            `${command.notice.id} [${command.notice.cause}] to ${JSON.stringify(command.channels)}`,
          ),
          `${' '.repeat(12)}${command.notice.text}`,
        ]
      : [],
  );

/** Plays a story for what it shows of the world at its end. */
export function perform(
  until: string,
  { faults = [], agents }: { readonly faults?: readonly Fault[]; readonly agents: readonly AgentSpec[] },
  moves: readonly Move[],
  style: World['style'] = () => [],
): World {
  const world = new World(fleetOf(...agents));
  world.cast = new ScriptedAgents(faults);
  world.style = style;
  for (const move of moves) {
    world.runUntil(move.ms);
    for (const act of move.acts) act(world);
  }
  world.runUntil(ms(until));
  return world;
}

const NAMES = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay'] as const;

/** The first so many of six agents, alike but for what is changed. */
export const crew = (count: number, change: Partial<AgentSpec> = {}): readonly AgentSpec[] =>
  NAMES.slice(0, count).map((name) => ({ ...ADA, ...change, name }));

export const named = (name: string, change: Partial<AgentSpec> = {}): AgentSpec => ({ ...ADA, ...change, name });

/** Nobody asks it for a proof: a trouble stays as it was found until somebody sends a message. */
export const quiet = (name: string, change: Partial<AgentSpec> = {}): AgentSpec =>
  named(name, { ...change, auth: { ...ADA.auth, verify: { ...ADA.auth.verify, prompt: false } } });

export const quietCrew = (count: number): readonly AgentSpec[] => NAMES.slice(0, count).map((name) => quiet(name));

const scripted = (world: World): ScriptedAgents => {
  if (world.cast instanceof ScriptedAgents) return world.cast;
  throw new Error('nobody answers by a script here');
};

export const opens =
  (window: string): Act =>
  (world) => {
    scripted(world).windows.add(window);
    world.write(`\n# the API fails: ${window}`);
  };
export const closes =
  (window: string): Act =>
  (world) => {
    scripted(world).windows.delete(window);
    world.write(`\n# the API is well again: ${window}`);
  };

/** The faults that a window of that name brings. */
export const during = (window: string, api: NonNullable<Fault['do']['api']>, change: Partial<Fault> = {}): Fault => ({
  ...change,
  when: { ...change.when, window },
  do: { api, ...change.do },
});

export const declareCredential =
  (name: string, fingerprint = `of ${name}`): Act =>
  (world) => {
    world.fingerprints.set(name, fingerprint);
    world.submit({ type: 'credential-declared', spec: { ...MAX, name } });
  };

const EVENTS: ReadonlySet<Event['type']> = new Set<Event['type']>([
  'desired',
  'restart-asked',
  'paused',
  'reset-asked',
  'notify-declared',
  'deleted',
  'message',
  'credential-changed',
  'rotate-asked',
  'undo-asked',
  'deadline-seen',
  'wake-time',
  'measured',
  'adopted',
]);
const RECORDS_LEFT_OUT: ReadonlySet<string> = new Set(['starting', 'ready', 'exited', 'restarting', 'declared']);

function isEvidence(event: Event, { fleet }: World): boolean {
  if (EVENTS.has(event.type)) return true;
  if (event.type === 'exited') {
    const state = fleet.agents[event.agent]?.state;
    return state?.at === 'stopping' && !state.asked;
  }
  if (event.type !== 'heard') return false;
  const { fact } = event;
  return fact.fact === 'answered' || (fact.fact === 'turn-ended' && fact.outcome === 'failed');
}

function isDecision(command: Command): boolean {
  switch (command.type) {
    case 'record':
      // The begin of an attempt has been told already.
      return !RECORDS_LEFT_OUT.has(command.event) && !(command.event === 'stopping' && /^i\d+$/.test(command.detail));
    case 'file-incident':
      return command.incident.closedAt !== null;
    case 'deliver':
    case 'notice':
    case 'measure':
    case 'rotate-files':
    case 'cut-log':
    case 'hold':
      return true;
    case 'spawn':
    case 'initialize':
    case 'interrupt':
    case 'signal':
    case 'sweep':
    case 'retire-run':
    case 'trim-logs':
    case 'forget':
      return false;
  }
}

export function brief(world: World, { event, before, commands, whenIs }: Told): readonly string[] {
  const happened = isEvidence(event, world) ? [lineOf(null, 'event', eventLine(event))] : [];
  const decided = commands.filter(isDecision).map(commandLine);
  const changes = changesOf(before, world.fleet, whenIs).filter((line) =>
    / gate | recovery (gated|following|held|waiting)| r\d+ | is with all | works on /.test(line),
  );
  const lines = [...happened, ...decided, ...reaches(before, world.fleet), ...changes];
  // Who is looked at and found well is worth no line.
  if (lines.length === 1 && lines.some((line) => / {2}measure | measured /.test(line))) return [];
  const time = lineOf(world.now, '', '');
  return lines.map((line, index) => (index === 0 ? time + line.slice(time.length) : line));
}

/** How far troubles reach now that did not before. */
function reaches(before: Fleet, { incidents }: Fleet): readonly string[] {
  return Object.values(incidents).flatMap(({ id, scope, key, cause }) => {
    const was = before.incidents[id];
    return was?.scope === scope && was.key === key ? [] : [lineOf(null, '  =', `${id} is ${scope}:${key} [${cause}]`)];
  });
}

/** How most stories begin: all are up and have answered once. */
export const settled = (agents: readonly AgentSpec[]): readonly Move[] => [
  { ms: 0, acts: agents.map(({ name }) => start(name)) },
  { ms: 1_000, acts: [sendAll(agents, 0)] },
  {
    ms: 5_000,
    acts: [given('all are up and have answered once')],
  },
];

/** Every agent is sent one message, called by its initial and that number. */
export const sendAll = (agents: readonly AgentSpec[], number: number): Act =>
  all(...agents.map(({ name }) => sendTo(name, number)));

export const sendTo = (agent: string, number: number): Act => {
  const id = `${agent.slice(0, 1)}${number}`;
  return send(id, id, agent);
};
