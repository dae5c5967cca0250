import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/kernel/commands.ts';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import type { Event } from '../../src/kernel/events.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';
import { gateOf } from '../../src/kernel/gates.ts';
import type { Gate } from '../../src/kernel/trouble.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { step } from '../../src/kernel/step.ts';
import { ADA, agentIn, type at } from './fleet-of.ts';
import { brokenInvariants } from './invariants.ts';
import {
  at as moveAt,
  exits,
  habits,
  measures,
  play,
  rejectedTurn,
  send,
  start,
  stop,
  turnStarts,
  unauthorized,
  WORKING,
} from './scenario.ts';
import type { World } from './world.ts';

const HOUR_MS = 3_600_000;
const EIGHT_HOURS_MS = 8 * HOUR_MS;
const SILENCE_MS = ADA.watch.turnSilenceMs;

/** The time so long after the last move of a world. */
const later = (world: World, ms: number): ReturnType<typeof at> => ({
  ...world.moment,
  mono: (world.moment.mono + ms) as never,
  wall: (world.moment.wall + ms) as never,
});

const dueIn = (world: World, fleet: Fleet, ms: number): number =>
  (nextDeadline(fleet).mono ?? Infinity) - later(world, ms).mono;

/** The daemon was stopped for so long together with its agents: the clock went on. */
function stoodStill(world: World, ms: number): { readonly fleet: Fleet; readonly commands: readonly Command[] } {
  const done = step(world.fleet, { type: 'time-lost', countedMs: ms, asleepMs: 0 }, later(world, ms));
  expect(brokenInvariants(done.fleet, later(world, ms))).toEqual([]);
  return done;
}

const records = (commands: readonly Command[]): readonly string[] =>
  commands.flatMap((command) => (command.type === 'record' ? [`${command.event}: ${command.detail}`] : []));

const inTurn = (): World => play('9m', [...WORKING, moveAt('10s', send('m2')), moveAt('10.1s', turnStarts())]);

describe('an agent in a turn', () => {
  test('has its full time again when nobody ran for eight hours, and its history says why', () => {
    const world = inTurn();
    const { fleet, commands } = stoodStill(world, EIGHT_HOURS_MS);
    expect(dueIn(world, fleet, EIGHT_HOURS_MS)).toBe(SILENCE_MS);
    expect(commands.filter(({ type }) => type !== 'record')).toEqual([]);
    expect(records(commands)).toEqual([expect.stringContaining('time-lost: agentvisor could not look for 8 h 0 min')]);
  });

  test('has it again when the machine slept, of which the monotonic clock knows nothing', () => {
    const world = inTurn();
    const lost: Event = { type: 'time-lost', countedMs: 0, asleepMs: EIGHT_HOURS_MS };
    const { fleet, commands } = step(world.fleet, lost, world.moment);
    expect(dueIn(world, fleet, 0)).toBe(SILENCE_MS);
    expect(records(commands)).toEqual([expect.stringContaining('the machine slept for 8 h 0 min')]);
  });

  test('gets no more than what was lost when the daemon was busy for five seconds, and nothing is written of it', () => {
    const world = inTurn();
    const before = dueIn(world, world.fleet, 0);
    const { fleet, commands } = stoodStill(world, 5_000);
    expect(dueIn(world, fleet, 5_000)).toBe(before);
    expect(commands).toEqual([]);
  });

  test('is not called silent by what was asked before and is answered behind it', () => {
    const world = play('11m 12s', [
      ...WORKING,
      moveAt('10s', send('m2')),
      moveAt('10.1s', turnStarts()),
      moveAt('20s', measures(600_100, 0)),
      moveAt('10m 30s', measures(null)),
    ]);
    // Silent once, it is looked at a second time.
    expect(agentIn(world.fleet).turn).toMatchObject({ measuring: true, busy: { cpuMs: 0 } });
    const { fleet } = stoodStill(world, EIGHT_HOURS_MS);
    const run = world.runOf('ada');
    const silent = { silentMs: EIGHT_HOURS_MS, rssBytes: null, cpuMs: 0 };
    const told = step(fleet, { type: 'measured', agent: 'ada', run, ...silent }, later(world, EIGHT_HOURS_MS));
    expect(told.commands).toEqual([]);
    expect(agentIn(told.fleet).restart).toBeNull();
  });
});

test('agents that all begin anew are looked at one after the other', () => {
  const names = ['ada', 'bob', 'cyd'];
  const specs = names.map((name): AgentSpec => ({ ...ADA, name }));
  const world = play(
    '30s',
    [
      moveAt('0s', ...names.map((name) => start(name))),
      moveAt('5s', ...names.map((name) => send(`m-${name}`, 'x', name))),
      moveAt('6s', ...names.map((name) => turnStarts(name))),
    ],
    ...specs,
  );
  const { fleet } = stoodStill(world, EIGHT_HOURS_MS);
  const watches = names.map((name) => agentIn(fleet, name).turn?.watch.at ?? 0);
  expect(watches.map((watch) => watch - (watches[0] ?? 0))).toEqual([0, 1_000, 2_000]);
});

describe('who is awaited otherwise', () => {
  test('is given its time again: to start, to be up, to end its turn, to end', () => {
    const starting = play('10s', [moveAt('0s', habits({ initialized: null }), start())]);
    const counted = play('100ms', [moveAt('0s', start())], { ...ADA, mode: 'command', command: ['true'] });
    const interrupting = play('20s', [
      ...WORKING,
      moveAt('10s', send('m2')),
      moveAt('10.1s', turnStarts()),
      moveAt('12s', habits({ interrupted: null, termed: null }), stop()),
    ]);
    const terminating = play('13s', [...WORKING, moveAt('10s', habits({ termed: null })), moveAt('12s', stop())]);
    const waits = [starting, counted, interrupting, terminating].map((world) => {
      const { fleet, commands } = stoodStill(world, HOUR_MS);
      expect(commands.filter(({ type }) => type !== 'record')).toEqual([]);
      return dueIn(world, fleet, HOUR_MS);
    });
    expect(waits).toEqual([ADA.watch.startTimeoutMs, 1_000, ADA.stop.interruptTimeoutMs, ADA.stop.killTimeoutMs]);
  });

  test('a new process that must prove itself keeps its time, and so does the gate that waits for it', () => {
    const world = play('1m', [
      ...WORKING,
      moveAt('10s', send('m2')),
      moveAt('10.1s', rejectedTurn(unauthorized('req_1'))),
    ]);
    const { recovery } = agentIn(world.fleet);
    expect(recovery?.stage).toBe('verifying');
    const { fleet, commands } = stoodStill(world, HOUR_MS);
    expect(commands.filter(({ type }) => type === 'spawn' || type === 'signal')).toEqual([]);
    const now = later(world, HOUR_MS);
    const after = step(fleet, { type: 'tick' }, now);
    expect(after.commands.filter(({ type }) => type !== 'measure')).toEqual([]);
  });

  test('so does the one that tries for its credential, and the others go on waiting for it', () => {
    const world = play('35s', [
      ...WORKING,
      moveAt('10s', send('m2')),
      moveAt('10.1s', rejectedTurn(unauthorized('req_1'))),
      moveAt('12s', rejectedTurn(unauthorized('req_2'))),
    ]);
    const gates = ({ incidents }: Fleet): readonly Gate[] =>
      Object.values(incidents).flatMap((incident) => Object.keys(incident.gates).map((key) => gateOf(incident, key)));
    expect(gates(world.fleet)).toMatchObject([{ canary: 'ada', until: { clock: 'mono' } }]);
    const { fleet } = stoodStill(world, HOUR_MS);
    const quiet = play('20s', [
      ...WORKING,
      moveAt('10s', send('m2')),
      moveAt('10.1s', rejectedTurn(unauthorized('req_1'))),
      moveAt('12s', rejectedTurn(unauthorized('req_2'))),
    ]);
    // Who waits for an attempt has waited.
    expect(records(stoodStill(quiet, HOUR_MS).commands).join()).toContain('attempt');
    const [gate] = gates(fleet);
    expect(gate?.until?.at).toBe(later(world, HOUR_MS).mono + ADA.auth.verify.timeoutMs);
  });

  test('nobody else is touched: not who is down, idle, waits for his next start, or is being killed', () => {
    const idle = play('10s', WORKING);
    const down = play('10s', []);
    const crashed = play('6s', [...WORKING, moveAt('5.5s', exits(1))]);
    const deaf = moveAt('10s', habits({ termed: null, killed: null }));
    const killed = play('18s', [...WORKING, deaf, moveAt('12s', stop())]);
    const states = [idle, down, crashed, killed].map(({ fleet }) => agentIn(fleet).state.at);
    expect(states).toEqual(['running', 'stopped', 'waiting', 'stopping']);
    for (const world of [idle, down, crashed, killed]) {
      const { commands } = stoodStill(world, EIGHT_HOURS_MS);
      expect(records(commands).filter((text) => text.startsWith('time-lost'))).toEqual([]);
    }
  });
});
