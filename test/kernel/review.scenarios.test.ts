import { describe, expect, test } from 'vitest';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import { explain } from '../../src/kernel/explain.ts';
import type { Agent } from '../../src/kernel/fleet.ts';
import { ADA, agentIn } from './fleet-of.ts';
import {
  answers,
  at,
  credentialChanges,
  declare,
  ends,
  expired,
  failure,
  fails,
  goodTurn,
  notify,
  play,
  rejectedTurn,
  restart,
  retries,
  send,
  start,
  stop,
  throttled,
  turnStarts,
  unauthorized,
  WORKING,
  type Act,
  type Move,
} from './scenario.ts';
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

const measures =
  (silentMs: number, rssBytes: number | null = null): Act =>
  (world) =>
    (world.measured = { silentMs, rssBytes, cpuMs: null });

const stageOf = (world: World, name = 'ada'): NonNullable<Agent['recovery']>['stage'] | null =>
  agentIn(world.fleet, name).recovery?.stage ?? null;

describe('a gate', () => {
  test('whose canary is out of time lets the next one try at once when the credential was changed meanwhile', () => {
    const changed = [...WINDOW, at('1m', credentialChanges())];
    expect(stageOf(play('5m 9s', changed, ADA, BOB), 'bob')).toBe('gated');
    expect(stageOf(play('5m 10.01s', changed, ADA, BOB), 'bob')).toBe('replacing');
  });
});

describe('a reload', () => {
  test('of an agent that hangs in its turn is carried out when the silence is noticed', () => {
    const hangs = [
      ...WORKING,
      at('10s', measures(3_600_000), send('m2')),
      at('10.1s', turnStarts(), restart('ada', 'after-turn')),
    ];
    const { fleet } = play('11m', hangs);
    const { restart: wish, counts, queue } = agentIn(fleet);
    expect([wish, counts.byCause, queue[0]?.deliveries]).toEqual([null, { operator: 1 }, 2]);
    expect(fleet.incidents).toEqual({});
  });
});

test('who is rejected though others are answered keeps its own quiet, however many of them follow', () => {
  const names = ['ada', 'bob', 'cy', 'dan', 'eve', 'fay'];
  const all = (act: (name: string) => Act): readonly Act[] => names.map(act);
  const moves = [
    at('0s', ...all((name) => start(name))),
    at('10s', ...all((name) => rejectedTurn(unauthorized('req_1'), name))),
    at('12s', goodTurn('msg_1')),
    at('13.2s', turnStarts('bob')),
    at('13.4s', goodTurn('msg_2')),
    at('13.6s', fails(unauthorized('req_2'), 'bob')),
    at('16s', goodTurn('msg_3', 'eve')),
    at('17s', goodTurn('msg_4', 'fay')),
  ];
  const specs = names.map((name) => ({ ...ADA, name, cwd: `/srv/${name}` }));
  expect(stageOf(play('29.5s', moves, ...specs), 'bob')).toBe('following');
  expect(stageOf(play('29.61s', moves, ...specs), 'bob')).toBe('replacing');
});

describe('a proof', () => {
  const prompts = (world: World, name: string): number =>
    world.lines.filter((line) => line.includes(`deliver ${name} `) && line.includes('Reply with OK.')).length;

  test('is asked of the next canary though the prompt of the last one was rejected', () => {
    const rejected = [...WINDOW, at('12s', rejectedTurn(unauthorized('req_3')))];
    const world = play('33s', rejected, ADA, BOB);
    expect([prompts(world, 'ada'), prompts(world, 'bob')]).toEqual([1, 1]);
  });

  test('is asked of the others when the one that was asked is stopped or dies', () => {
    const stopped = [...WINDOW, at('12s', stop('ada'))];
    expect(prompts(play('1m', stopped, ADA, BOB), 'bob')).toBe(1);
  });
});

describe('an agent that a person must help', () => {
  const noModel = failure('model', 404, 'req_3', 'There is no such model');

  test('in a window it was alone in does not hold those who are rejected later', () => {
    const moves = [
      ...BOTH,
      at('10s', send('m2')),
      at('11s', rejectedTurn(unauthorized('req_1'))),
      at('13s', rejectedTurn(unauthorized('req_2'))),
      at('35s', rejectedTurn(noModel)),
      at('2m', rejectedTurn(unauthorized('req_4'), 'bob')),
    ];
    const { fleet } = play('2m 1s', moves, ADA, BOB);
    expect(fleet.incidents[agentIn(fleet).recovery?.incident ?? '']).toMatchObject({ scope: 'config', cause: 'model' });
    expect(agentIn(fleet, 'bob').health).toBe('verifying');
  });

  test('and whose operator restarted it is not restarted again for being slow', () => {
    const held = [...WORKING, at('10s', send('m2')), at('11s', rejectedTurn(noModel))];
    const slow = [...held, at('1m', restart()), at('1m 1s', turnStarts())];
    expect(agentIn(play('10m', slow).fleet)).toMatchObject({ health: 'held', counts: { restarts: 1 } });
    const { health, queue } = agentIn(play('11m', [...slow, at('10m', answers('msg_2'), ends('good'))]).fleet);
    expect([health, queue]).toEqual(['healthy', []]);
  });

  test('follows another one of its account whose new process is answered: the bill was paid', () => {
    const unpaid = failure('billing', 400, 'req_1', 'Credit balance is too low');
    const held = [...BOTH, at('11s', rejectedTurn(unpaid), rejectedTurn(unpaid, 'bob'))];
    const answered = [...held, at('20s', turnStarts(), answers('msg_old'), ends('good'))];
    expect(agentIn(play('1m', answered, ADA, BOB).fleet, 'bob').health).toBe('held');
    const paid = [...held, at('1m', restart()), at('1m 5s', goodTurn('msg_new'))];
    expect(agentIn(play('1m 7s', paid, ADA, BOB).fleet, 'bob').health).toBe('verifying');
  });
});

describe('a throttled agent', () => {
  const deliveries = (world: World): number => world.lines.filter((line) => line.includes('deliver bob ')).length;
  const limitedBob = [
    ...BOTH,
    at('10s', send('b2', 'question b2', 'bob')),
    at('11s', rejectedTurn(throttled('req_1'), 'bob')),
  ];

  test('keeps its growing delay while another one, which was never limited, is answered all the time', () => {
    const busy = Array.from({ length: 20 }, (_, index) => [
      at(`${12 + 2 * index}s`, goodTurn(`msg_a${index}`)),
      at(`${13 + 2 * index}s`, (world) => {
        if (agentIn(world.fleet, 'bob').turn !== null) rejectedTurn(throttled(`req_b${index}`), 'bob')(world);
      }),
    ]).flat();
    expect(deliveries(play('52s', [...limitedBob, ...busy], ADA, BOB))).toBe(3);
  });

  test('asks again when another one that was limited is answered', () => {
    const both = [...limitedBob, at('20s', send('m2')), at('20.5s', rejectedTurn(throttled('req_2')))];
    const again = [at('41.5s', rejectedTurn(throttled('req_3'), 'bob')), at('51s', goodTurn('msg_2'))];
    expect(deliveries(play('51.4s', [...both, ...again], ADA, BOB))).toBe(3);
    expect(deliveries(play('51.6s', [...both, ...again], ADA, BOB))).toBe(4);
  });
});

test('an agent in trouble that becomes a command agent is in none, and what it was asked is cancelled', () => {
  const rejected = [...WORKING, at('10s', send('m2')), at('11s', rejectedTurn(unauthorized('req_1')))];
  const changed = [...rejected, at('15s', declare({ ...ADA, mode: 'command', command: ['worker'] }))];
  const { fleet } = play('1m', changed);
  const { state, health, recovery, queue, finished } = agentIn(fleet);
  expect([state.at, health, recovery, queue]).toEqual(['running', 'unknown', null, []]);
  expect(finished.map((message) => message.state)).toEqual(['answered', 'cancelled']);
  expect(fleet.incidents).toEqual({});
});

describe('a limit of memory', () => {
  const limit = { maxBytes: 500 };
  const renewals = (world: World): number => agentIn(world.fleet).counts.byCause.memory ?? 0;

  test('that a new process already exceeds renews an agent behind a turn, and not again and again', () => {
    const limited = { ...ADA, memory: limit };
    expect(renewals(play('10m', [at('0s', measures(0, 900), start())], limited))).toBe(0);
    expect(renewals(play('10m', [at('0s', measures(0, 900)), ...WORKING], limited))).toBe(1);
  });

  test('that is declared while the agent is up holds from then on, and no longer when it is taken back', () => {
    const given = [...WORKING, at('10s', measures(0, 900), declare({ ...ADA, memory: limit }))];
    expect(renewals(play('1m', given))).toBe(1);
    const world = play('1h', [...given, at('20s', declare(ADA))]);
    expect([renewals(world), nextDeadline(world.fleet)]).toEqual([0, { mono: null, wall: null }]);
  });
});

describe('people', () => {
  const notices = (world: World): readonly string[] =>
    world.lines.filter((line) => line.includes('notice')).map((line) => line.trim());
  const told = [at('0s', notify())];

  test('are not told that a trouble is over of which they were not told', () => {
    const moves = [...told, ...WORKING, at('10s', rejectedTurn(expired('req_1'))), at('13s', goodTurn('msg_2'))];
    const world = play('1m', moves);
    expect(world.fleet.incidents).toEqual({});
    expect(notices(world)).toEqual([]);
  });

  test('are told of a dead credential what to do, though it died in a trouble of all credentials', () => {
    const other = { ...BOB, credentials: ['key'] };
    const moves = [...told, ...WINDOW, at('13s', rejectedTurn(expired('req_3')))];
    const world = play('14s', moves, ADA, other);
    expect(notices(world).at(-1)).toContain('Replace it where it is declared');
    const { why, todo } = explain(world.fleet, agentIn(world.fleet), world.moment);
    expect(why).toContain('a person must replace it');
    expect(todo).toContain('Replace it where it is declared');
  });
});

describe('the suspicion of a retry', () => {
  const retried = (status: number, ...then: readonly Act[]): World =>
    play('12s', [...WORKING, at('10s', turnStarts(), retries(status, 1)), at('11s', ...then)]);

  test.each([401, 529])('of a %i ends with its turn', (status) => {
    expect(agentIn(retried(status).fleet).health).toBe(status === 401 ? 'suspect' : 'throttled');
    expect(agentIn(retried(status, ends('aborted')).fleet).health).toBe('healthy');
    const refused = fails(failure('message', 400, 'req_1', 'The request is too large'));
    expect(agentIn(retried(status, refused).fleet).health).toBe('healthy');
  });

  test('is no suspicion any more when the turn has failed by it', () => {
    expect(agentIn(retried(429, fails(throttled('req_1'))).fleet).health).toBe('throttled');
  });
});
