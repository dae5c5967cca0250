import { describe } from 'vitest';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { ADA } from './fleet-of.ts';
import {
  answers,
  at,
  ends,
  exits,
  measured,
  note,
  pause,
  rejectedTurn,
  restart,
  resume,
  suspends,
  throttled,
  turnStarts,
  unauthorized,
  wakeTime,
} from './scenario.ts';
import { closes, crew, declareCredential, during, named, opens, sendTo, settled, story } from './story.ts';

const idle = (change: Partial<AgentSpec['idleWake']>): Partial<AgentSpec> => ({
  idleWake: { ...ADA.idleWake, afterMs: 3_600_000, ...change },
});
const BEFORE = [named('ada', idle({}))];
const WHEN = [named('ada', idle({ when: 'when-idle' }))];
const AT = [named('ada', { idleWake: { ...ADA.idleWake, at: '06:30' } })];

describe('an agent that is renewed before its message', () => {
  story('idle for longer than an hour it is renewed and then asked', '2h 5m', { agents: BEFORE }, [
    ...settled(BEFORE),
    at('59m', note('not yet'), sendTo('ada', 1)),
    at('2h', sendTo('ada', 2)),
    at('2h 10s', note('the new process has served and is not renewed again'), sendTo('ada', 3)),
  ]);

  story('an agent that has served no turn is not renewed', '3h', { agents: BEFORE }, [
    at('0s', (world) => world.submit({ type: 'desired', agent: 'ada', desired: 'up' })),
    at('2h', sendTo('ada', 1)),
  ]);

  story('an agent in a turn of its own is not renewed; its next message finds it fresh', '3h', { agents: BEFORE }, [
    ...settled(BEFORE),
    at('2h', turnStarts(), sendTo('ada', 1)),
    at('2h 1m', answers('msg_own'), ends('good')),
  ]);

  const fleet = [...BEFORE, named('bob')];
  story(
    'it is not renewed while its credential has an open window, and then it is',
    '4h',
    { agents: fleet, faults: [during('outage', '401')] },
    [
      ...settled(fleet),
      at('2h', opens('outage'), sendTo('bob', 1)),
      at('2h 10s', note('ada is asked as it is, and answers'), closes('outage'), sendTo('ada', 1)),
      at('3h 30m', note('the window is over'), sendTo('ada', 2)),
    ],
  );

  story(
    'it is not renewed while another agent is in an upstream trouble',
    '3h',
    {
      agents: [...BEFORE, named('bob', { credentials: ['team'] }), named('cyd', { credentials: ['third'] })],
      faults: [during('outage', '401')],
    },
    [
      at('0s', declareCredential('team'), declareCredential('third')),
      ...settled([...BEFORE, named('bob'), named('cyd')]),
      at('2h', opens('outage'), sendTo('bob', 1), sendTo('cyd', 1)),
      at('2h 10s', note('ada is on neither of the two credentials'), closes('outage'), sendTo('ada', 1)),
    ],
  );

  story('paused it is not renewed', '3h', { agents: BEFORE }, [
    ...settled(BEFORE),
    at('1h', pause()),
    at('2h', sendTo('ada', 1)),
  ]);
});

describe('an agent that is renewed when it has been idle', () => {
  story('idle for an hour by the monotonic clock it is renewed at once', '3h 10m', { agents: WHEN }, [
    ...settled(WHEN),
    at('1h 30m', note('its new process has served nothing yet and is left alone'), sendTo('ada', 1)),
  ]);

  story('asleep with its machine for two hours it was idle, by the wall clock', '3h', { agents: WHEN }, [
    ...settled(WHEN),
    at('10m', suspends('2h')),
  ]);

  story('paused it is renewed when it is resumed', '3h', { agents: WHEN }, [
    ...settled(WHEN),
    at('10m', pause()),
    at('2h', resume()),
  ]);

  const fleet = [...WHEN, ...crew(2).slice(1)];
  story(
    'its renewal waits for the end of the window of its credential',
    '3h',
    { agents: fleet, faults: [during('outage', '401')] },
    [...settled(fleet), at('59m', opens('outage'), sendTo('bob', 1)), at('1h 1m', closes('outage'))],
  );

  story(
    'a window that turns out to be an unpaid account keeps nobody from being renewed',
    '2h',
    { agents: fleet, faults: [during('unpaid', '400credit'), during('outage', '401')] },
    [...settled(fleet), at('59m', opens('outage'), sendTo('bob', 1)), at('1h 1m', closes('outage'), opens('unpaid'))],
  );

  story('in trouble of its own it is not renewed', '2h', { agents: WHEN }, [
    ...settled(WHEN),
    at('59m', rejectedTurn(throttled('req_1'))),
  ]);
});

describe('an agent that is renewed at a time of day', () => {
  story('it is renewed at once when it is idle, and behind its turn otherwise', '3h', { agents: AT }, [
    ...settled(AT),
    at('1h', wakeTime()),
    at('1h 1m', note('this process has served nothing: it is fresh'), wakeTime(), sendTo('ada', 1)),
    at('2h', turnStarts()),
    at('2h 10s', wakeTime()),
    at('2h 1m', answers('msg_own'), ends('good')),
  ]);

  story('its time of day passes without effect while it is paused, down or in trouble', '3h', { agents: AT }, [
    ...settled(AT),
    at('30m', pause(), wakeTime(), resume()),
    at('1h', exits(1), wakeTime()),
    at('1h 1m', sendTo('ada', 1)),
    at('2h', rejectedTurn(throttled('req_1')), wakeTime()),
  ]);
});

describe('an agent that uses too much memory', () => {
  const SLIM = [named('ada', { memory: { maxBytes: 1_000_000_000 } })];

  story('too large it is renewed when it is idle, and behind its turn otherwise', '10m', { agents: SLIM }, [
    ...settled(SLIM),
    at('6s', (world) => (world.measured = { silentMs: 0, rssBytes: 900_000_000, cpuMs: null })),
    at('1m 10s', note('it grows'), (world) => (world.measured = { silentMs: 0, rssBytes: 1_100_000_000, cpuMs: null })),
    at('1m 40s', (world) => (world.measured = { silentMs: 0, rssBytes: 500_000_000, cpuMs: null })),
    at('3m', turnStarts(), measured(0, 2_000_000_000)),
    at('4m', answers('msg_own'), ends('good')),
  ]);

  story('too large it is left alone while it is paused or in trouble', '5m', { agents: SLIM }, [
    ...settled(SLIM),
    at('6s', pause(), measured(0, 2_000_000_000), resume()),
    at('20s', rejectedTurn(throttled('req_1')), measured(0, 2_000_000_000)),
  ]);

  story(
    'a session that is rejected when its renewal is due is replaced for that reason alone',
    '5m',
    { agents: SLIM },
    [
      ...settled(SLIM),
      at('6s', turnStarts(), measured(0, 2_000_000_000)),
      at('7s', rejectedTurn(unauthorized('req_1'))),
    ],
  );

  story('an operator wins over a renewal that waits for its turn', '5m', { agents: SLIM }, [
    ...settled(SLIM),
    at('6s', turnStarts(), measured(0, 2_000_000_000)),
    at('10s', restart('ada', 'now')),
  ]);
});
