import { describe } from 'vitest';
import { ADA } from './fleet-of.ts';
import {
  answers,
  at,
  ends,
  exits,
  fails,
  gone,
  goodTurn,
  habits,
  note,
  rejectedTurn,
  WORKING,
  restart,
  retries,
  roll,
  scenario,
  send,
  start,
  stop,
  throttled,
  turnStarts,
  unauthorized,
} from './scenario.ts';

describe('an agent whose session is rejected', () => {
  scenario('session-bound 401 is recovered at once', '20s', [
    ...WORKING,
    at('10s', note('the API rejects this process from now on'), send('m2')),
    at('10.1s', turnStarts(), retries(401, 1)),
    at('10.7s', retries(401, 2)),
    at('11.8s', fails(unauthorized('req_bad'))),
    at('13s', note('the new process is answered'), goodTurn('msg_2')),
  ]);

  scenario('a 401 that is retried and then answered is only a suspicion', '20s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', turnStarts(), retries(401, 1)),
    at('10.9s', answers('msg_2'), ends('good')),
  ]);

  scenario('latched again in the new process, the quiet schedule is kept', '6m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('13s', note('the new process is rejected too: 20 s'), rejectedTurn(unauthorized('req_2'))),
    at('35s', note('40 s, with the longest jitter'), roll(1), rejectedTurn(unauthorized('req_3'))),
    at('1m 30s', note('80 s, with the shortest jitter'), roll(0), rejectedTurn(unauthorized('req_4'))),
    at('2m 40s', note('160 s'), roll(0.5), rejectedTurn(unauthorized('req_5'))),
    at('5m 30s', note('answered at last'), goodTurn('msg_2')),
  ]);

  scenario(
    'the quiet delay stays within its bounds and grows beyond its maximum after an hour',
    '2h',
    [
      ...WORKING,
      at('10s', send('m2')),
      at('11s', rejectedTurn(unauthorized('req_1'))),
      at('13s', note('20 s, and jitter does not make it shorter'), roll(0), rejectedTurn(unauthorized('req_2'))),
      at('35s', roll(1), rejectedTurn(unauthorized('req_3'))),
      at('1m 30s', rejectedTurn(unauthorized('req_4'))),
      at('4m', rejectedTurn(unauthorized('req_5'))),
      at('8m', note('3 min, and jitter does not make it longer'), rejectedTurn(unauthorized('req_6'))),
      at('1h 5m', note('the incident is older than an hour: 6 min'), roll(0.5), rejectedTurn(unauthorized('req_7'))),
      at('1h 12m', note('12 min'), rejectedTurn(unauthorized('req_8'))),
      at('1h 25m', note('24 min'), rejectedTurn(unauthorized('req_9'))),
      at('1h 50m', note('30 min is the longest'), rejectedTurn(unauthorized('req_10'))),
    ],
    { ...ADA, auth: { ...ADA.auth, verify: { ...ADA.auth.verify, timeoutMs: 7_200_000 } } },
  );

  scenario('the first turn of all fails with a 401', '20s', [
    at('0s', start()),
    at('1s', send('m1')),
    at('3s', rejectedTurn(unauthorized('req_1'))),
    at(
      '5s',
      note('there is no good answer to resume at: it is resumed at the question, which is there already'),
      goodTurn('msg_1'),
    ),
    at('10s', send('m2')),
    at('11s', goodTurn('msg_2')),
  ]);

  scenario('the first turn of all fails again in the new process', '1m', [
    at('0s', start()),
    at('1s', send('m1')),
    at('3s', rejectedTurn(unauthorized('req_1'))),
    at('5s', note('still resumed at the first delivery'), rejectedTurn(unauthorized('req_2'))),
    at('40s', goodTurn('msg_1')),
  ]);

  scenario('a conversation whose first question is not in it is left for a fresh one', '20s', [
    at('0s', start()),
    at('1s', send('m1')),
    at('3s', rejectedTurn(unauthorized('req_1'))),
    at('3.2s', habits({ initialized: null })),
    at('3.4s', exits(1, 'anchor-missing')),
    at('3.4s', habits({ initialized: 400 })),
    at('10s', goodTurn('msg_1')),
  ]);

  scenario('a 401 after partial work is resumed as it is and told to continue', '30s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', turnStarts(), answers('msg_2a', { tools: true })),
    at('12s', fails(unauthorized('req_1'))),
    at('14s', goodTurn('msg_2b')),
    at('20s', note('the next message is asked as it is'), send('m3')),
    at('21s', goodTurn('msg_3')),
  ]);

  scenario(
    'redeliver never: the message that failed is not asked again, the agent is',
    '20s',
    [
      ...WORKING,
      at('10s', send('m2')),
      at('11s', rejectedTurn(unauthorized('req_1'))),
      at('13s', note('nothing is left to ask: a prompt proves the recovery'), goodTurn('msg_2')),
    ],
    { ...ADA, auth: { ...ADA.auth, redeliver: 'never' } },
  );

  scenario('the verify prompt is asked when the queue is empty, and given up in time', '7m', [
    ...WORKING,
    at('10s', note('a turn of its own fails'), rejectedTurn(unauthorized('req_1'))),
    at('11.5s', turnStarts()),
    at('5m 40s', note('no answer within 5 min: the attempt proved nothing'), goodTurn('msg_2')),
  ]);

  scenario('a real message is asked instead of a prompt that was not answered', '2m', [
    ...WORKING,
    at('10s', rejectedTurn(unauthorized('req_1'))),
    at('12s', note('the prompt is rejected too'), rejectedTurn(unauthorized('req_2'))),
    at('20s', send('m2')),
    at('40s', goodTurn('msg_2')),
  ]);

  scenario(
    'verify false: the restarted agent waits for natural traffic',
    '2m',
    [
      ...WORKING,
      at('10s', rejectedTurn(unauthorized('req_1'))),
      at('1m', note('it was not asked; now somebody asks'), send('m2')),
      at('1m 1s', goodTurn('msg_2')),
    ],
    { ...ADA, auth: { ...ADA.auth, verify: { prompt: false, timeoutMs: 300_000 } } },
  );

  scenario('an attempt that crashes before it answers proves nothing and is not another attempt', '20s', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('12s', exits(1, null, 'Segmentation fault')),
    at('15s', goodTurn('msg_2')),
  ]);

  scenario('an operator restarts an agent in its quiet time', '2m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('13s', rejectedTurn(unauthorized('req_2'))),
    at('20s', note('the operator does not wait for the schedule'), restart()),
    at('22s', note('it fails again: the schedule begins anew'), rejectedTurn(unauthorized('req_3'))),
    at('50s', goodTurn('msg_2')),
  ]);

  scenario('an operator restarts an agent in trouble that has nothing to do', '1m', [
    ...WORKING,
    at('10s', rejectedTurn(unauthorized('req_1'))),
    at('12s', rejectedTurn(unauthorized('req_2'))),
    at('20s', restart()),
    at('40s', note('no prompt was sent; the next message is the proof'), send('m2')),
    at('41s', goodTurn('msg_2')),
  ]);

  scenario('an operator stops an agent in its quiet time', '2m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('13s', rejectedTurn(unauthorized('req_2'))),
    at('20s', note('no attempt follows, the incident is closed'), stop()),
  ]);

  scenario('a process that crashes in its quiet time is not started before the planned attempt', '1m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('13s', rejectedTurn(unauthorized('req_2'))),
    at('20s', exits(1)),
    at('35s', goodTurn('msg_2')),
  ]);
});

describe('an agent in trouble that goes on by itself', () => {
  scenario('what it says by itself in its quiet time does not put the attempt off', '1m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('13s', rejectedTurn(unauthorized('req_2'))),
    at('20s', rejectedTurn(unauthorized('req_3'))),
    at('25s', rejectedTurn(throttled('req_4'))),
    at('35s', goodTurn('msg_2')),
  ]);

  scenario('a retried 401 does not make a suspect of an agent that must prove itself', '20s', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('12s', turnStarts(), retries(401, 1)),
    at('13s', answers('msg_2'), ends('good')),
  ]);

  scenario(
    'an agent that ends for good in the midst of its trouble leaves it',
    '1m',
    [...WORKING, at('10s', send('m2')), at('11s', rejectedTurn(unauthorized('req_1'))), at('13s', exits(1))],
    { ...ADA, restart: { ...ADA.restart, when: 'never' } },
  );

  scenario('a failure that is heard behind its own end, when it is to be stopped, is no trouble either', '20s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', turnStarts(), habits({ swept: null }), exits(1), stop()),
    at('10.2s', fails(unauthorized('req_1')), gone()),
  ]);
});
