import { describe, expect, test } from 'vitest';
import { nextAttempt, nextDeadline } from '../../src/kernel/deadlines.ts';
import { explain, explanationText } from '../../src/kernel/explain.ts';
import { agentIn, fleetOf, ADA, START_WALL } from './fleet-of.ts';
import {
  at,
  exits,
  failure,
  habits,
  play,
  rejectedTurn,
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
    expect(wakes('20s', ...WORKING, at('10s', send('m2')), at('11s', turnStarts()))).toBeNull();
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

describe('what is said of it', () => {
  const quiet = play('15s', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('13s', rejectedTurn(unauthorized('req_2'))),
  ]);

  test('the next attempt is the one that is planned', () => {
    expect(nextAttempt(quiet.fleet, agentIn(quiet.fleet))).toEqual({ clock: 'mono', at: 1_033_000 });
  });

  test('an operator is told what is, why, what happens next and what to do', () => {
    expect(explanationText(explain(quiet.fleet, agentIn(quiet.fleet), quiet.moment))).toBe(
      'ada is up and quiet. The API rejects this session though its credential works elsewhere; only a new process helps. ' +
        'Evidence: ada: 401 (request req_2): Failed to authenticate. API Error: 401 Invalid authentication credentials. ' +
        'The next attempt is at 2026-01-01T00:00:33.000Z; sooner with: agentvisor restart ada',
    );
  });
});
