import { expect, test } from 'vitest';
import { explain } from '../../src/kernel/explain.ts';
import { durationText } from '../../src/kernel/notices.ts';
import { ADA, agentIn } from './fleet-of.ts';
import {
  at,
  ends,
  failure,
  goodTurn,
  habits,
  neverSpawned,
  pause,
  play,
  expired,
  rejectedTurn,
  resume,
  retries,
  send,
  start,
  throttled,
  turnStarts,
  WORKING,
} from './scenario.ts';

/** What seldom happens, each in the shortest history in which it does. */

test('of an agent whose last message has failed it is said so, and why', () => {
  const refused = rejectedTurn(failure('message', 400, 'req_1', 'prompt is too long'));
  const world = play('30s', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', refused),
    at('13s', refused),
    at('16s', refused),
  ]);
  expect(explain(world.fleet, agentIn(world.fleet), world.moment).why).toBe(
    'Its last message failed. This message fails again and again: prompt is too long.',
  );
});

test('of a turn that Claude Code itself tries again it is said so, while nobody else has to do anything', () => {
  const whyAfter = (status: number): string => {
    const world = play('12s', [...WORKING, at('10s', send('m2')), at('11s', turnStarts(), retries(status, 1))]);
    return explain(world.fleet, agentIn(world.fleet), world.moment).why;
  };
  expect(whyAfter(401)).toBe('The API rejects this turn; Claude Code itself is still trying.');
  expect(whyAfter(529)).toBe('The API limits or fails this turn; Claude Code itself is still trying.');
});

test('an agent that is held and fails again in a turn of its own is held once', () => {
  const unpaid = rejectedTurn(failure('billing', 400, 'req_1', 'Credit balance is too low'));
  const world = play('20s', [...WORKING, at('10s', send('m2')), at('11s', unpaid), at('15s', unpaid)]);
  expect(agentIn(world.fleet)).toMatchObject({ health: 'held', recovery: { stage: 'held', attempts: 0 } });
  expect(world.lines.filter((line) => line.includes(' held [billing]'))).toHaveLength(1);
});

test('a run of which words were heard and which never had a process leaves nobody in a turn', () => {
  const silent = [at('0s', habits({ spawned: null }), start()), at('1s', turnStarts())];
  expect(agentIn(play('2s', silent).fleet).turn).not.toBeNull();
  const world = play('3s', [...silent, at('2s', habits({ spawned: 20 }), neverSpawned())]);
  expect(agentIn(world.fleet)).toMatchObject({ turn: null, state: { run: { id: '000003' } } });
});

test('durations are told in seconds, then in minutes, then in hours', () => {
  expect([4_400, 120_000, 150_000, 7_200_000, 8_422_000].map(durationText)).toEqual([
    '4 s',
    '120 s',
    '3 min',
    '120 min',
    '2 h 20 min',
  ]);
});

test('a result before the agent is ready is none of a turn', () => {
  const world = play('10s', [at('0s', habits({ initialized: null }), start()), at('1s', ends('good'))]);
  expect(agentIn(world.fleet)).toMatchObject({ lastTurn: null, lastGoodTurnAt: null, state: { at: 'starting' } });
});

test('a paused agent whose limit is over keeps its time when another one is answered', () => {
  const bob = { ...ADA, name: 'bob' };
  const both = ['ada', 'bob'] as const;
  const moves = [
    at('0s', ...both.map((name) => start(name))),
    at('5s', send('a1'), send('b1', 'question', 'bob')),
    at('6s', ...both.map((name) => rejectedTurn(throttled(`req_${name}`), name))),
    at('7s', pause('bob')),
    at('40s', goodTurn('msg_1')),
  ];
  const { patience } = agentIn(play('45s', moves, ADA, bob).fleet, 'bob');
  expect(patience?.until).toEqual({ clock: 'mono', at: 1_036_000 });
  const resumed = play('45s', [...moves, at('42s', resume('bob'))], ADA, bob);
  expect(agentIn(resumed.fleet, 'bob').turn).not.toBeNull();
});

test('what a process says of a conversation that was given up says nothing of the new one', () => {
  const poisoned = rejectedTurn(failure('transcript-poisoned', 400, 'req_1', 'thinking blocks cannot be modified'));
  const world = play('20s', [at('0s', start()), at('1s', send('m1'), pause()), at('2s', poisoned), at('4s', poisoned)]);
  expect(agentIn(world.fleet).session).toMatchObject({ number: 1, begun: false, tail: 'clean', mended: 'fresh' });
});

test('a login that nobody has declared is held when it is dead, and nothing is noted of a credential', () => {
  const dead = rejectedTurn(expired('req_1'));
  const moves = [at('0s', start()), at('5s', send('m1')), at('6s', dead), at('10s', dead)];
  const { fleet } = play('30s', moves, { ...ADA, credentials: [] });
  expect([agentIn(fleet).health, fleet.ledger]).toEqual(['held', {}]);
});
