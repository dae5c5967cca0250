import { describe, expect, test } from 'vitest';
import type { Agent } from '../../src/kernel/fleet.ts';
import { EVIDENCE_KEPT_MAX } from '../../src/kernel/incidents.ts';
import { FINISHED_KEPT_MAX, QUEUE_MAX } from '../../src/kernel/messages.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { ADA, agentIn, MAX } from './fleet-of.ts';
import {
  answers,
  at,
  declare,
  ends,
  exits,
  failure,
  fails,
  gone,
  goodTurn,
  habits,
  ms,
  neverSpawned,
  play,
  rejectedTurn,
  says,
  send,
  spawnFailed,
  start,
  stop,
  throttled,
  turnStarts,
  unauthorized,
  WORKING,
  type Act,
  type Move,
} from './scenario.ts';

const adaAfter = (until: string, moves: readonly Move[], spec: AgentSpec = ADA): Agent =>
  agentIn(play(until, moves, spec).fleet);

const inTurn: readonly Move[] = [...WORKING, at('6s', send('m2')), at('6.1s', turnStarts())];

describe('a report', () => {
  test('that everything is gone is not believed before a sweep was asked for', () => {
    const terminating = [...WORKING, at('6s', habits({ termed: null }), stop(), gone())];
    expect(adaAfter('7s', terminating).state).toMatchObject({ at: 'stopping', stage: 'terminating' });
    expect(adaAfter('7s', [...WORKING, at('6s', gone())]).state.at).toBe('running');
  });

  test('that nothing was spawned is not believed of a run that has a process', () => {
    expect(adaAfter('7s', [...WORKING, at('6s', spawnFailed('late'), neverSpawned())]).state.at).toBe('running');
  });

  test('of an exit counts once', () => {
    const crashed: Move[] = [...inTurn, at('7s', habits({ swept: null }), exits(1), exits(1), gone())];
    const world = play('7.5s', crashed);
    const { crashes, queue } = agentIn(world.fleet);
    expect(world.lines.filter((line) => /record .* exited /.test(line))).toHaveLength(1);
    expect(crashes.count).toBe(1);
    expect(queue[0]?.badDeliveries).toBe(1);
  });

  test('of a line that was heard before is not heard again', () => {
    const again: Act = (world) =>
      world.submit({
        type: 'heard',
        agent: 'ada',
        run: world.runOf('ada'),
        offset: 100,
        late: false,
        fact: { fact: 'retrying', status: 401, error: null, attempt: 1, delayMs: null },
      });
    expect(adaAfter('7s', [...WORKING, at('6s', again)]).health).toBe('healthy');
  });
});

describe('the failure of a turn', () => {
  test('is what its last line says, when what was refused before was overcome', () => {
    const overcome = [
      ...inTurn,
      at('7s', says({ fact: 'refused', failure: throttled('req_1') }), answers('msg_2')),
      at('8s', endsWith('billing')),
    ];
    expect(adaAfter('9s', overcome).health).toBe('held');
  });

  test('keeps the request of the refused line', () => {
    const { lastTurn } = adaAfter('8s', [...inTurn, at('7s', fails(unauthorized('req_1')))]);
    expect(lastTurn).toMatchObject({ outcome: 'failed', cause: 'auth-session', status: 401, requestId: 'req_1' });
  });

  test('is what the result says when the refused line is not understood', () => {
    const unknown = failure('unknown', null, 'req_1', 'something new');
    const refused = [...inTurn, at('7s', says({ fact: 'refused', failure: unknown })), at('8s', endsWith('billing'))];
    expect(adaAfter('9s', refused).health).toBe('held');
  });

  test('by auth is counted, any other is not', () => {
    const failed = [...inTurn, at('7s', fails(unauthorized('req_1'))), at('9s', rejectedTurn(throttled('req_2')))];
    expect(adaAfter('10s', failed).counts.auth401s).toBe(1);
  });

  function endsWith(kind: 'billing'): Act {
    const why = failure(kind, 400, null, 'no');
    return says({
      fact: 'turn-ended',
      local: false,
      outcome: 'failed',
      failure: why,
      sessionId: null,
      totalCostUsd: null,
    });
  }
});

describe('what a turn costs', () => {
  const paid = (totalCostUsd: number): Act =>
    says({ fact: 'turn-ended', local: false, outcome: 'good', failure: null, sessionId: null, totalCostUsd });
  const two = [...inTurn, at('7s', answers('msg_2'), paid(0.5)), at('8s', turnStarts(), paid(0.75))];

  test('is the difference between two results of a run, and notional on a subscription', () => {
    expect(adaAfter('9s', two)).toMatchObject({ notionalUsd: 0.75, costUsd: 0 });
  });

  test('begins anew with a new run, and is never less than nothing', () => {
    const next = [...two, at('10s', exits(1)), at('12s', turnStarts(), paid(0.25)), at('13s', turnStarts(), paid(0.1))];
    expect(adaAfter('14s', next).notionalUsd).toBe(1);
  });

  test('is money on a billable credential', () => {
    const billable: Act = (world) => world.submit({ type: 'credential-declared', spec: { ...MAX, billable: true } });
    expect(adaAfter('9s', [at('0s', billable), ...two])).toMatchObject({ costUsd: 0.75, notionalUsd: 0 });
  });
});

describe('a declaration', () => {
  const run = (spec: AgentSpec): string | undefined => {
    const { state } = adaAfter('10s', [...WORKING, at('6s', declare(spec))]);
    return 'run' in state ? state.run.id : undefined;
  };

  test('that changes what a process was started with restarts it', () => {
    expect(run({ ...ADA, claude: { ...ADA.claude, model: 'sonnet' } })).toBe('000003');
    expect(run({ ...ADA, env: { A: '1' } })).toBe('000003');
  });

  test('that says the same, or only how it is held, leaves it alone', () => {
    expect(run({ ...ADA })).toBe('000002');
    expect(run({ ...ADA, stop: { ...ADA.stop, killTimeoutMs: 1 }, restart: { ...ADA.restart, when: 'never' } })).toBe(
      '000002',
    );
  });

  test('of an agent that is down does not start it', () => {
    expect(adaAfter('1s', [at('0s', declare({ ...ADA, cwd: '/other' }))]).state.at).toBe('stopped');
  });
});

describe('what is kept', () => {
  const many =
    (count: number, act: (index: number) => Act): Act =>
    (world) => {
      for (let index = 0; index < count; index += 1) act(index)(world);
    };

  test('are so many messages that wait and no more', () => {
    const sent = many(QUEUE_MAX + 5, (index) => send(`q${index}`));
    expect(adaAfter('1s', [at('0s', sent)]).queue).toHaveLength(QUEUE_MAX);
  });

  test('are the last finished messages, without their texts', () => {
    const turn =
      (index: number): Act =>
      (world) => {
        send(`q${index}`)(world);
        world.runUntil(ms('10s') + index * 100);
        goodTurn(`msg_${index}`)(world);
      };
    const { finished } = adaAfter('1h', [...WORKING, at('10s', many(FINISHED_KEPT_MAX + 5, turn))]);
    expect(finished).toHaveLength(FINISHED_KEPT_MAX);
    expect(finished.every(({ text, state }) => text === '' && state === 'answered')).toBe(true);
  });

  test('is the first evidence of an incident, up to a number', () => {
    const failedAgain = many(EVIDENCE_KEPT_MAX + 5, (index) => rejectedTurn(unauthorized(`req_${index}`)));
    const world = play('22s', [
      ...WORKING,
      at('10s', rejectedTurn(unauthorized('first'))),
      at('12s', rejectedTurn(unauthorized('second'))),
      at('20s', failedAgain),
    ]);
    const [incident] = Object.values(world.fleet.incidents);
    expect(incident?.evidence).toHaveLength(EVIDENCE_KEPT_MAX);
    expect(incident?.evidence[0]).toContain('first');
  });
});

test('an agent that is told to start twice is started once', () => {
  const { state } = adaAfter('1s', [at('0s', start(), start())]);
  expect('run' in state && state.run.id).toBe('000002');
});

test('a turn without an answer is no good turn, and no place to resume at', () => {
  const { lastGoodTurnAt, session } = adaAfter('8s', [...inTurn, at('7s', ends('good'))]);
  const before = adaAfter('6s', WORKING);
  expect([lastGoodTurnAt, session.lastGood]).toEqual([before.lastGoodTurnAt, before.session.lastGood]);
});

describe('a conversation', () => {
  test('that was given up is not brought back by what its process still says', () => {
    const poisoned = failure('transcript-poisoned', 400, 'req_1', 'thinking blocks cannot be modified');
    const moves = [
      at('0s', start()),
      at('1s', send('m1')),
      at('2s', habits({ termed: null }), rejectedTurn(poisoned)),
      at('3s', turnStarts('ada', 'the-old-one'), answers('msg_late'), ends('good')),
    ];
    const { session } = adaAfter('4s', moves);
    expect(session).toMatchObject({ number: 1, begun: false, lastGood: null, mended: 'fresh' });
    expect(session.id).not.toBe('the-old-one');
  });

  test('in which the agent worked by itself does not hold the question that was lost meanwhile', () => {
    const lost = [
      ...WORKING,
      at('6s', habits({ echoed: null }), send('m2'), turnStarts(), answers('msg_own', { tools: true }), exits(1)),
    ];
    const world = play('9s', lost);
    expect(world.lines.filter((line) => line.includes('deliver')).map((line) => line.trim())).toEqual([
      'command   deliver ada 000002 m2#1 "question m2"',
      'command   deliver ada 000003 m2#2 "question m2"',
    ]);
  });
});
