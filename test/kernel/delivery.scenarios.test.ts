import { describe } from 'vitest';
import {
  adopted,
  answers,
  at,
  caughtUp,
  daemonDies,
  ends,
  endsLocally,
  exits,
  failure,
  gone,
  goodTurn,
  habits,
  neverSpawned,
  note,
  notWritten,
  rejectedTurn,
  says,
  scenario,
  send,
  start,
  stop,
  turnStarts,
  unauthorized,
  WORKING,
  writing,
} from './scenario.ts';
import { uuidOf } from './fleet-of.ts';
import { deliveryUuid } from '../../src/kernel/ids.ts';

const echo = (id: string, n: number) => says({ fact: 'accepted', uuid: deliveryUuid(uuidOf(id), n) });

describe('messages', () => {
  scenario('two messages sent in a turn are two turns in order', '10s', [
    ...WORKING,
    at('6s', send('m2')),
    at('6.1s', turnStarts(), send('m3'), send('m4'), answers('msg_2')),
    at('7s', ends('good')),
    at('8s', goodTurn('msg_3')),
    at('9s', goodTurn('msg_4')),
  ]);

  scenario('what Claude Code deals with by itself ends its message without an echo, and the next one follows', '10s', [
    ...WORKING,
    at('6s', habits({ echoed: null }), send('m2'), send('m3')),
    at('6.1s', turnStarts(), habits({ echoed: 30 }), endsLocally()),
    at('8s', goodTurn('msg_3')),
  ]);

  scenario('the same message sent twice is one message', '10s', [
    ...WORKING,
    at('6s', send('m2'), send('m2')),
    at('7s', goodTurn('msg_2'), send('m2')),
  ]);

  scenario('a message that crashes its agent three times is failed and the next is answered', '30s', [
    ...WORKING,
    at('6s', send('bad'), send('m2')),
    at('6.5s', turnStarts(), exits(139)),
    at('9s', turnStarts(), exits(139)),
    at('13s', turnStarts(), exits(139)),
    at('20s', goodTurn('msg_2')),
  ]);

  scenario('a message that is refused three times is failed and the next is answered', '30s', [
    ...WORKING,
    at('6s', send('bad'), send('m2')),
    at('7s', rejectedTurn(failure('message', 400, 'req_1', 'prompt is too long'))),
    at('9s', rejectedTurn(failure('message', 400, 'req_2', 'prompt is too long'))),
    at('12s', rejectedTurn(failure('unknown', null, null, 'something new'))),
    at('20s', goodTurn('msg_2')),
  ]);

  scenario('a turn that is aborted by nobody we know is asked again, not for ever', '30s', [
    ...WORKING,
    at('6s', send('m2')),
    at('7s', turnStarts(), ends('aborted')),
    at('9s', turnStarts(), ends('aborted')),
    at('12s', turnStarts(), ends('aborted')),
  ]);

  scenario('the end of a turn of its own is not the answer to a message that was just written', '20s', [
    ...WORKING,
    at('6s', note('the agent has begun by itself, and nobody has read that yet'), habits({ echoed: null }), send('m2')),
    at('6.1s', turnStarts(), answers('msg_own'), ends('good')),
    at('7s', note('now comes the turn of the message'), turnStarts(), echo('m2', 1), answers('msg_2'), ends('good')),
  ]);

  scenario('a message waits for the end of a turn that nobody asked for', '20s', [
    ...WORKING,
    at('6s', turnStarts(), send('m2')),
    at('7s', answers('msg_own'), ends('good')),
    at('8s', goodTurn('msg_2')),
  ]);

  scenario('an agent that does not take its input is tried again with the same delivery', '30s', [
    ...WORKING,
    at('6s', habits({ echoed: null }), send('m2')),
    at('6.1s', notWritten(false)),
    at('12s', echo('m2', 1), goodTurn('msg_2')),
  ]);

  scenario('a message that was cut on its way in costs the process, not the message', '30s', [
    ...WORKING,
    at('6s', habits({ echoed: null }), send('m2')),
    at('6.1s', notWritten(true)),
    at('8s', echo('m2', 2), goodTurn('msg_2')),
  ]);

  scenario('a message after one that was given up in the midst of its answer is asked in full', '1m', [
    ...WORKING,
    at('6s', send('m2'), send('m3')),
    at('6.5s', turnStarts(), answers('msg_2a', { tools: true }), exits(1)),
    at('9s', rejectedTurn(failure('message', 400, 'req_1', 'too long'))),
    at('11s', rejectedTurn(failure('message', 400, 'req_2', 'too long'))),
    at('14s', rejectedTurn(failure('message', 400, 'req_3', 'too long'))),
    at('20s', note('m3 is lost on its way in; it is not told to continue what it never was asked'), exits(1)),
  ]);
});

describe('adoption', () => {
  scenario('adopted while starting', '20s', [
    at('0s', habits({ initialized: null }), start()),
    at('0.1s', daemonDies(), habits({ initialized: 400 })),
    at('2s', adopted(), caughtUp()),
  ]);

  scenario('adopted while starting, long after the start should have ended', '2m 30s', [
    at('0s', habits({ initialized: null }), start()),
    at('0.1s', daemonDies()),
    at('50s', adopted(), caughtUp()),
  ]);

  scenario('adopted while running idle', '20s', [
    ...WORKING,
    at('6s', daemonDies()),
    at('8s', adopted(), send('m2'), note('what was written meanwhile is read first')),
    at('8.1s', caughtUp()),
    at('9s', goodTurn('msg_2')),
  ]);

  scenario('adopted with a delivery of which nobody knows: the same uuid again', '20s', [
    ...WORKING,
    at('6s', send('m2'), daemonDies()),
    at('8s', adopted(), caughtUp()),
    at('9s', goodTurn('msg_2')),
  ]);

  scenario('adopted with a delivery that had arrived and was answered meanwhile', '20s', [
    ...WORKING,
    at('6s', send('m2'), send('m3'), daemonDies()),
    at('8s', adopted(), echo('m2', 1), goodTurn('msg_2')),
    at('8.1s', note('only now is the next one written'), caughtUp()),
    at('9s', goodTurn('msg_3')),
  ]);

  scenario('adopted with a long delivery that may have been cut: the process is replaced', '20s', [
    ...WORKING,
    at('6s', habits({ echoed: null }), send('m2'), writing(70_000), daemonDies()),
    at('8s', habits({ echoed: 30 }), adopted(), caughtUp()),
    at('10s', goodTurn('msg_2')),
  ]);

  scenario('adopted with a short delivery whose write was begun: it is in whole or not at all', '20s', [
    ...WORKING,
    at('6s', habits({ echoed: null }), send('m2'), writing(900), daemonDies()),
    at('8s', habits({ echoed: 30 }), adopted(), caughtUp()),
    at('9s', goodTurn('msg_2')),
  ]);

  scenario('adopted while interrupting', '30s', [
    ...WORKING,
    at('6s', send('m2')),
    at('6.5s', turnStarts(), habits({ interrupted: null }), stop(), daemonDies()),
    at('8s', habits({ interrupted: 200 }), adopted(), caughtUp()),
  ]);

  scenario('adopted while terminating', '30s', [
    ...WORKING,
    at('6s', habits({ termed: null }), stop(), daemonDies()),
    at('7s', habits({ termed: 100 }), adopted(), caughtUp()),
  ]);

  scenario('adopted while killing', '30s', [
    ...WORKING,
    at('6s', habits({ termed: null, killed: null }), stop()),
    at('12s', daemonDies(), habits({ killed: 20 })),
    at('13s', adopted(), caughtUp()),
  ]);

  scenario('adopted while sweeping: its end is told again and counts once', '30s', [
    ...WORKING,
    at('6s', habits({ swept: null }), stop()),
    at('7s', daemonDies(), habits({ swept: 50 })),
    // The host tells the end of every run that it finds ended.
    at('8s', adopted(), exits(143), caughtUp()),
  ]);

  scenario('adopted while verifying: an answer that nobody has read yet counts before the deadline does', '7m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('12s', daemonDies()),
    at('6m', adopted(), turnStarts(), answers('msg_2'), ends('good'), caughtUp()),
  ]);

  scenario('never spawned is no crash', '20s', [
    at('0s', habits({ spawned: null }), start(), daemonDies()),
    at('2s', habits({ spawned: 20 }), neverSpawned()),
  ]);

  scenario('never spawned, and to be stopped', '20s', [
    at('0s', habits({ spawned: null }), start(), stop(), daemonDies()),
    at('2s', neverSpawned()),
  ]);

  scenario('never spawned: the attempt is carried out by the next process', '20s', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', habits({ spawned: null }), rejectedTurn(unauthorized('req_1'))),
    at('11.5s', daemonDies()),
    at('13s', habits({ spawned: 20 }), neverSpawned()),
    at('15s', goodTurn('msg_2')),
  ]);

  scenario('vanished in a turn: a failure of unknown cause', '30s', [
    ...WORKING,
    at('6s', send('m2')),
    at('6.5s', turnStarts(), daemonDies()),
    at('8s', exits(null, null, 'the process was gone')),
    at('12s', goodTurn('msg_2')),
  ]);

  scenario('ended in a turn while no daemon looked, with its last words unread', '30s', [
    ...WORKING,
    at('6s', send('m2')),
    at('6.5s', turnStarts(), daemonDies()),
    at('8s', adopted(), answers('msg_2'), ends('good'), exits(0)),
  ]);

  scenario('last words that come behind the exit still count', '30s', [
    ...WORKING,
    at('6s', send('m2')),
    at('6.5s', turnStarts(), habits({ swept: null })),
    at('7s', exits(1)),
    at('7.1s', answers('msg_2'), ends('good'), gone()),
  ]);
});
