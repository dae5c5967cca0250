import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/kernel/trouble.ts';
import { START_WALL } from './fleet-of.ts';
import { ms, reboots, suspends, vanish, wallJumps, type Move } from './scenario.ts';
import { closes, crew, during, opens, perform, sendAll, settled } from './story.ts';
import type { World } from './world.ts';

/** Windows of hours with six agents, on a virtual clock that is set, stops and begins anew. */

const SIX = crew(6);
const OUTAGE = [during('outage', '401')];
const NAMES = SIX.map(({ name }) => name);

const OPENED = ms('1m');
const CLOSED = OPENED + ms('7h');

type Tried = { readonly agent: string; readonly ms: number };

/** Begins of attempts, by the clock of the history. */
const attemptsOf = (world: World): readonly Tried[] =>
  world.orders.flatMap(({ ms: when, command }) =>
    command.type === 'record' && command.event === 'attempt' ? [{ agent: command.agent, ms: when }] : [],
  );

/** Every incident as it was last filed. */
const incidentsOf = (world: World) => [
  ...new Map(
    world.orders.flatMap(({ command }) =>
      command.type === 'file-incident' ? [[command.incident.id, command.incident] as const] : [],
    ),
  ).values(),
];

const inWindow = (tried: readonly Tried[], closed = CLOSED): readonly Tried[] => tried.filter((one) => one.ms < closed);

/** How long nobody tried between two attempts. An attempt itself takes 2.32 s. */
const ATTEMPT_MS = 2_320;
const pausesOf = (tried: readonly Tried[]): readonly number[] =>
  tried.slice(1).map((one, index) => one.ms - (tried[index]?.ms ?? 0) - ATTEMPT_MS);

function window(count: number, ...between: readonly Move[]): World {
  const agents = SIX.slice(0, count);
  return perform('8h 30m', { agents, faults: OUTAGE }, [
    ...settled(agents),
    { ms: OPENED, acts: [opens('outage'), sendAll(agents, 1)] },
    ...between,
    { ms: CLOSED, acts: [closes('outage')] },
  ]);
}

function everybodyIsWell(world: World, names: readonly string[] = NAMES): void {
  for (const name of names) {
    const agent = world.fleet.agents[name];
    expect(agent, name).toMatchObject({ health: 'healthy', recovery: null, queue: [] });
    expect(
      agent?.finished.map(({ state }) => state),
      name,
    ).toEqual(['answered', 'answered']);
  }
  expect(world.fleet.incidents).toEqual({});
}

/** When each message was answered. */
const answersOf = (world: World): readonly Tried[] =>
  world.orders.flatMap(({ ms: when, command }) =>
    command.type === 'record' && command.event === 'recovered' ? [{ agent: command.agent, ms: when }] : [],
  );

/** Nobody recovers between these times. */
const nobodyIsWellIn = (world: World, from: number, to: number): void =>
  expect(answersOf(world).filter((one) => one.ms > from && one.ms < to)).toEqual([]);

describe('six agents in a window of seven hours', () => {
  const world = window(6);
  const tried = attemptsOf(world);

  test('try as often as the schedule says: 20 s, 40 s, 80 s, 160 s, 3 min, and after an hour on to 30 min', () => {
    const pauses = pausesOf(inWindow(tried)).map((pause) => Math.round(pause / 1_000));
    expect(pauses.slice(0, 5)).toEqual([20, 40, 80, 160, 180]);
    const grown = pauses.findIndex((pause) => pause > 180);
    expect(pauses.slice(4, grown).every((pause) => pause === 180)).toBe(true);
    expect(pauses.slice(grown, grown + 4)).toEqual([360, 720, 1_440, 1_800]);
    expect(pauses.slice(grown + 3).every((pause) => pause === 1_800)).toBe(true);
    const firstLong = inWindow(tried)[grown + 1];
    expect((firstLong?.ms ?? 0) - OPENED).toBeGreaterThan(ms('1h'));
  });

  test('make as many attempts as one agent does', () => {
    const alone = inWindow(attemptsOf(window(1))).length;
    expect(Math.abs(inWindow(tried).length - alone)).toBeLessThanOrEqual(2);
    expect(alone).toBeLessThan(40);
  });

  test('take turns: nobody tries again before all the others have', () => {
    const order = inWindow(tried).map(({ agent }) => agent);
    expect(order).toEqual(order.map((_, index) => NAMES[index % NAMES.length]));
  });

  test('are none of them well before it is over, and all of them a few seconds after the next attempt', () => {
    nobodyIsWellIn(world, OPENED, CLOSED);
    everybodyIsWell(world);
    const answered = answersOf(world);
    expect(answered.map(({ agent }) => agent).toSorted()).toEqual(NAMES);
    expect((answered.at(-1)?.ms ?? 0) - (answered[0]?.ms ?? 0)).toBeLessThan(5_000);
    expect(answered[0]?.ms ?? Infinity).toBeLessThan(CLOSED + ms('31m'));
  });

  test('are one trouble, with a receipt for each', () => {
    const incidents = incidentsOf(world);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ scope: 'window', cause: 'auth-window', mergedInto: null });
    expect(incidents[0]?.recoveries.map(({ agent }) => agent).toSorted()).toEqual(NAMES);
    const outcomes = (incidents[0]?.attempts ?? []).map(({ outcome }: Attempt) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'pending')).toEqual([]);
  });
});

describe('a reboot in the middle of the window', () => {
  const world = window(
    6,
    { ms: OPENED + ms('3h'), acts: [reboots('2m')] },
    { ms: OPENED + ms('3h 2m'), acts: [vanish(NAMES)] },
  );
  const tried = inWindow(attemptsOf(world));

  test('does not bring the next attempt forward, and is no attempt for those who wait', () => {
    const pauses = pausesOf(tried);
    expect(Math.min(...pauses.slice(1))).toBeGreaterThanOrEqual(39_000);
    expect(Math.abs(tried.length - inWindow(attemptsOf(window(6))).length)).toBeLessThanOrEqual(1);
  });

  test('costs no message: each is answered once the window is over', () => {
    nobodyIsWellIn(world, OPENED, CLOSED);
    everybodyIsWell(world);
  });
});

describe('a machine that sleeps for three hours in the middle of the window', () => {
  const world = window(6, { ms: OPENED + ms('2h'), acts: [suspends('3h')] });
  const tried = inWindow(attemptsOf(world));

  test('does not try in a burst when it wakes', () => {
    const woken = tried.filter((one) => one.ms >= OPENED + ms('5h'));
    expect(Math.min(...pausesOf(woken))).toBeGreaterThanOrEqual(ms('20m'));
    expect(tried.filter((one) => one.ms >= OPENED + ms('5h') && one.ms < OPENED + ms('5h 1m')).length).toBeLessThan(2);
  });

  test('answers every message in the end', () => {
    nobodyIsWellIn(world, OPENED, CLOSED);
    everybodyIsWell(world);
  });
});

describe('a wall clock that is set in the middle of the window', () => {
  const plain = attemptsOf(window(6));

  for (const sign of [1, -1] as const) {
    test(`by an hour ${sign === 1 ? 'ahead' : 'back'} changes no attempt and no end`, () => {
      const world = window(6, { ms: OPENED + ms('30m'), acts: [wallJumps(sign, '1h')] });
      expect(attemptsOf(world)).toEqual(plain);
      everybodyIsWell(world);
    });
  }
});

describe('a cap of five hours', () => {
  const CAPPED = [during('outage', '429cap', { do: { api: '429cap', resetsAt: (START_WALL + CLOSED) / 1_000 } })];
  const capped = (...between: readonly Move[]): World =>
    perform('9h', { agents: SIX, faults: CAPPED }, [
      ...settled(SIX),
      { ms: OPENED, acts: [opens('outage'), sendAll(SIX, 1)] },
      ...between,
      { ms: CLOSED, acts: [closes('outage')] },
    ]);
  const deliveries = (world: World, from: number): readonly number[] =>
    world.orders.flatMap(({ ms: when, command }) => (command.type === 'deliver' && when > from ? [when] : []));

  test('is waited out without a restart or a question', () => {
    const world = capped();
    expect(attemptsOf(world)).toEqual([]);
    expect(deliveries(world, OPENED + 1).every((when) => when >= CLOSED)).toBe(true);
    everybodyIsWell(world);
  });

  test('ends when the wall clock says so, also for a machine that slept', () => {
    const world = capped({ ms: OPENED + ms('2h'), acts: [suspends('4h')] });
    const asked = deliveries(world, OPENED + 1);
    expect(Math.min(...asked)).toBeGreaterThanOrEqual(CLOSED);
    expect(Math.max(...asked)).toBeLessThan(CLOSED + ms('1m'));
    everybodyIsWell(world);
  });
});

describe('a session that latches in a fleet that works', () => {
  test('costs one restart, of that agent alone, each time', () => {
    const faults = [
      { when: { contains: 'a', turn: { from: 3 }, process: { until: 4 } }, latch: true, do: { api: '401' } },
    ] as const;
    const moves = Array.from({ length: 20 }, (_, index): Move => ({
      ms: ms('1m') * (index + 1),
      acts: [sendAll(SIX, index + 1)],
    }));
    const world = perform('30m', { agents: SIX, faults }, [...settled(SIX), ...moves]);
    const tried = attemptsOf(world);
    expect(tried.length).toBeGreaterThan(1);
    expect(new Set(tried.map(({ agent }) => agent))).toEqual(new Set(['ada']));
    expect(
      incidentsOf(world).every(
        ({ scope, key, recoveries }) => scope === 'session' && key === 'ada' && recoveries.length === 1,
      ),
    ).toBe(true);
    for (const name of NAMES) expect(world.fleet.agents[name]?.finished, name).toHaveLength(21);
    expect(world.fleet.agents['bob']?.counts.restarts).toBe(0);
  });
});
