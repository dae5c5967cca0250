import { describe } from 'vitest';
import { START_WALL } from './fleet-of.ts';
import {
  answers,
  at,
  exits,
  expired,
  failure,
  fails,
  goodTurn,
  habits,
  limited,
  note,
  rejectedTurn,
  WORKING,
  restart,
  retries,
  scenario,
  send,
  start,
  stop,
  throttled,
  tokenSource,
  turnStarts,
  unauthorized,
} from './scenario.ts';

describe('limits and holds', () => {
  scenario('a cap and an unpaid bill of one account are two troubles', '3h', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', turnStarts(), limited(START_WALL + 3_600_000)),
    at('11s', fails(throttled('req_1'))),
    at('1h 6s', rejectedTurn(failure('billing', 400, 'req_2', 'Credit balance is too low'))),
  ]);

  scenario('the conversation is forked in the midst of an answer: the question is asked in full', '20s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', turnStarts(), answers('msg_2a', { tools: true })),
    at('11s', fails(failure('transcript-poisoned', 400, 'req_1', 'thinking blocks cannot be modified'))),
    at('13s', goodTurn('msg_2')),
  ]);

  scenario('throttled: the same process is asked again after 30 s, doubling', '3m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(throttled('req_1'))),
    at('45s', note('60 s'), rejectedTurn(throttled('req_2'))),
    at('1m 50s', goodTurn('msg_2')),
  ]);

  scenario('throttled: a good answer of a smaller model clears nothing', '3m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(throttled('req_1'))),
    at('45s', turnStarts(), answers('msg_small', { sidechain: true, model: 'claude-haiku-4-5' })),
    at('46s', fails(throttled('req_2'))),
    at('1m 50s', goodTurn('msg_2')),
  ]);

  scenario('overloaded, server and network failures are asked again later', '4m', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', turnStarts(), retries(529, 1), retries(null, 2)),
    at('11s', fails(failure('overloaded', 529, 'req_1', 'API Error: 529 Overloaded.'))),
    at('42s', rejectedTurn(failure('server', 500, 'req_2', 'API Error: 500'))),
    at('1m 45s', rejectedTurn(failure('network', null, null, 'Connection error.'))),
    at('3m 50s', goodTurn('msg_2')),
  ]);

  scenario('capped until its reset', '3h', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', turnStarts(), limited(START_WALL + 2 * 3_600_000)),
    at('11s', fails(throttled('req_1'))),
    at('1h', note('another message waits with it'), send('m3')),
    at('2h 6s', note('the reset is over; up to 10 s later it is asked again'), goodTurn('msg_2')),
    at('2h 7s', goodTurn('msg_3')),
  ]);

  scenario('billing: held until an operator acts', '2h', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(failure('billing', 400, 'req_1', 'Credit balance is too low'))),
    at('1h 30m', note('the operator has paid'), restart()),
    at('1h 31m', goodTurn('msg_2')),
  ]);

  scenario('billing: a held agent that crashes is started again and still asked nothing', '10m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(failure('billing', 400, 'req_1', 'Credit balance is too low'))),
    at('1m', exits(1)),
  ]);

  scenario('credential expired: one restart, then held with a slow attempt', '1h 5m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(expired('req_1'))),
    at('13s', note('a fresh process is rejected too: a person is needed'), rejectedTurn(expired('req_2'))),
    at('30m 20s', note('the slow attempt; a plain 401 does not end the hold'), rejectedTurn(unauthorized('req_3'))),
    at('1h 2m', note('somebody has renewed the credential'), goodTurn('msg_2')),
  ]);

  scenario('a poisoned transcript is forked, then left for a fresh one', '2m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(failure('transcript-poisoned', 400, 'req_1', 'thinking blocks cannot be modified'))),
    at(
      '13s',
      note('the fork is poisoned too'),
      turnStarts('ada', 'ada-fork'),
      fails(failure('transcript-poisoned', 400, 'req_2', 'again')),
    ),
    at('40s', note('the fresh conversation works'), goodTurn('msg_2')),
  ]);

  scenario('another credential than the declared one is used', '1m', [
    at('0s', tokenSource('ANTHROPIC_API_KEY')),
    at('0s', start(), send('m1')),
    at('30s', note('the operator has removed the other variable'), tokenSource('CLAUDE_CODE_OAUTH_TOKEN'), restart()),
    at('32s', goodTurn('msg_1')),
  ]);

  scenario('a throttle in an attempt proves nothing about the session', '3m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('13s', rejectedTurn(throttled('req_2'))),
    at('50s', goodTurn('msg_2')),
  ]);

  scenario('a throttled agent whose session is rejected is in another trouble', '2m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(throttled('req_1'))),
    at('45s', rejectedTurn(unauthorized('req_2'))),
    at('50s', goodTurn('msg_2')),
  ]);

  scenario('a 401 that is heard while the agent is being stopped opens no incident', '1m', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', turnStarts(), habits({ interrupted: null }), stop()),
    at('11s', fails(unauthorized('req_1'))),
  ]);
});
