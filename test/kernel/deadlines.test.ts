import { describe, expect, test } from 'vitest';
import { nextAttempt, nextDeadline } from '../../src/kernel/deadlines.ts';
import { agentIn, fleetOf, ADA, START_WALL } from './fleet-of.ts';
import {
  at,
  exits,
  failure,
  habits,
  pause,
  play,
  rejectedTurn,
  retries,
  send,
  start,
  stop,
  throttled,
  turnStarts,
  unauthorized,
  WORKING,
  type Move,
} from './scenario.ts';

/** When the host is next woken in that history, in seconds since its beginning. */
function wakes(until: string, ...moves: Move[]): number | null {
  const world = play(until, moves);
  const next = nextDeadline(world.fleet);
  if (next.wall !== null) return (next.wall - START_WALL) / 1_000;
  return next.mono === null ? null : (next.mono - 1_000_000) / 1_000;
}

describe('the next deadline', () => {
  test('is none when there is nothing to wait for', () => {
    expect(nextDeadline(fleetOf(ADA))).toEqual({ mono: null, wall: null });
    expect(wakes('10s', ...WORKING)).toBeNull();
  });

  test('is the look at a silent turn, and none while the agent is paused', () => {
    const inTurn = [...WORKING, at('10s', send('m2')), at('11s', turnStarts())];
    expect(wakes('20s', ...inTurn)).toBe(611);
    expect(wakes('20s', ...inTurn, at('12s', pause()))).toBeNull();
    expect(wakes('20s', ...inTurn, at('12s', retries(529, 1, 'ada', 30_000)))).toBe(642);
  });

  test('is the look at the memory of an agent that has a limit', () => {
    const world = play('20s', WORKING, { ...ADA, memory: { maxBytes: 1 } });
    expect(nextDeadline(world.fleet).mono).toBe(1_030_420);
  });

  test('is the time at which an agent that is renewed when it is idle will have been idle, by each clock', () => {
    const world = play('20s', WORKING, { ...ADA, idleWake: { afterMs: 3_600_000, when: 'when-idle', at: null } });
    expect(nextDeadline(world.fleet)).toEqual({ mono: 4_601_100, wall: START_WALL + 3_601_100 });
  });

  test('is the end of the start, of a stage of the stop, of a backoff', () => {
    expect(wakes('1s', at('0s', habits({ initialized: null }), start()))).toBe(60);
    expect(wakes('7s', ...WORKING, at('6s', habits({ termed: null }), stop()))).toBe(11);
    expect(wakes('6.5s', ...WORKING, at('6s', exits(1)))).toBe(7.05);
  });

  test('is the planned attempt, and the end of a throttle when a message waits for it', () => {
    const quiet = [
      ...WORKING,
      at('10s', send('m2')),
      at('11s', rejectedTurn(unauthorized('r1'))),
      at('13s', rejectedTurn(unauthorized('r2'))),
    ];
    expect(wakes('15s', ...quiet)).toBe(33);
    expect(wakes('15s', ...WORKING, at('10s', send('m2')), at('11s', rejectedTurn(throttled('r1'))))).toBe(41);
  });

  test('is none for a throttled agent that has nothing to ask, and none for one that a person must help', () => {
    expect(wakes('15s', ...WORKING, at('11s', rejectedTurn(throttled('r1'))))).toBeNull();
    expect(
      wakes('15s', ...WORKING, at('10s', send('m2')), at('11s', rejectedTurn(failure('billing', 400, null, 'no')))),
    ).toBeNull();
  });

  test('is the earliest of all agents', () => {
    const bob = { ...ADA, name: 'bob' };
    const world = play(
      '6.5s',
      [...WORKING, at('5s', habits({ initialized: null }), start('bob')), at('6s', exits(1))],
      ADA,
      bob,
    );
    expect(nextDeadline(world.fleet).mono).toBe(1_007_050);
  });
});

describe('the next attempt', () => {
  test('is the one that is planned', () => {
    const quiet = play('15s', [
      ...WORKING,
      at('10s', send('m2')),
      at('11s', rejectedTurn(unauthorized('req_1'))),
      at('13s', rejectedTurn(unauthorized('req_2'))),
    ]);
    expect(nextAttempt(quiet.fleet, agentIn(quiet.fleet))).toEqual({ clock: 'mono', at: 1_033_000 });
  });

  test('is none for an agent that has nothing to wait for', () => {
    const { fleet } = play('15s', WORKING);
    expect(nextAttempt(fleet, agentIn(fleet))).toBeNull();
  });
});
