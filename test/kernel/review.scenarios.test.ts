import { describe, expect, test } from 'vitest';
import type { Agent } from '../../src/kernel/fleet.ts';
import { ADA, agentIn } from './fleet-of.ts';
import { at, credentialChanges, goodTurn, play, rejectedTurn, send, start, unauthorized, type Move } from './scenario.ts';
import type { World } from './world.ts';

/** What two agents do to each other, and what is done about troubles that overlap. */

const BOB = { ...ADA, name: 'bob', cwd: '/srv/bob' };

/** Both are up and have answered; the runs are 000003 and 000004. */
const BOTH: readonly Move[] = [
  at('0s', start('ada'), start('bob')),
  at('1s', send('m1'), send('b1', 'question b1', 'bob')),
  at('1.1s', goodTurn('msg_1'), goodTurn('msg_b1', 'bob')),
];

/** Both are rejected in turns of their own; the first of them tries at once. */
const WINDOW: readonly Move[] = [
  ...BOTH,
  at('10s', rejectedTurn(unauthorized('req_1')), rejectedTurn(unauthorized('req_2'), 'bob')),
];

const stageOf = (world: World, name = 'ada'): NonNullable<Agent['recovery']>['stage'] | null =>
  agentIn(world.fleet, name).recovery?.stage ?? null;

describe('a gate', () => {
  test('whose canary is out of time lets the next one try at once when the credential was changed meanwhile', () => {
    const changed = [...WINDOW, at('1m', credentialChanges())];
    expect(stageOf(play('5m 9s', changed, ADA, BOB), 'bob')).toBe('gated');
    expect(stageOf(play('5m 10.01s', changed, ADA, BOB), 'bob')).toBe('replacing');
  });
});
