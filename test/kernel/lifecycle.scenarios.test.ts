import { describe } from 'vitest';
import { ADA } from './fleet-of.ts';
import {
  answers,
  at,
  ends,
  exits,
  given,
  gone,
  goodTurn,
  habits,
  lateReport,
  note,
  reboots,
  restart,
  roll,
  scenario,
  send,
  spawnFailed,
  start,
  tick,
  stop,
  turnStarts,
  wallJumps,
  WORKING,
  rejectedTurn,
  unauthorized,
} from './scenario.ts';

const COMMAND_AGENT = { ...ADA, mode: 'command' as const, command: ['node', 'worker.mjs'] };

describe('start', () => {
  scenario('start to ready', '5s', [at('0s', start())]);

  scenario('a good turn', '5s', [
    at('0s', start(), note('a message for an agent that is not ready waits'), send('m1')),
    at('2s', turnStarts(), answers('msg_1', { tools: true }), answers('msg_2'), ends('good')),
  ]);

  scenario('spawn failed: the folder is missing', '40m', [
    at('0s', habits({ spawned: null }), start()),
    at('0.1s', spawnFailed('the folder /srv/ada does not exist')),
    at('1.5s', spawnFailed('the folder /srv/ada does not exist')),
    at('4s', spawnFailed('the folder /srv/ada does not exist')),
    at('9s', spawnFailed('the folder /srv/ada does not exist')),
    at(
      '20s',
      note('the fifth in ten minutes: tried again in 30 min'),
      spawnFailed('the folder /srv/ada does not exist'),
    ),
    at(
      '30m 30s',
      note('the probe fails: the next one is again in 30 min'),
      spawnFailed('the folder /srv/ada does not exist'),
    ),
    at('31m', note('the operator has made the folder'), habits({ spawned: 20 }), start()),
  ]);

  scenario('start timeout', '3m', [
    at('0s', habits({ initialized: null }), start()),
    at('1m 30s', habits({ initialized: 400 })),
  ]);

  scenario('a start that takes too long and has no process yet is given up', '3m', [
    at('0s', habits({ spawned: null }), start()),
  ]);

  scenario('session missing: a fresh conversation is begun and said so', '1m', [
    ...WORKING,
    at('10s', restart()),
    at('10.3s', exits(1, 'session-missing', 'No conversation found with session ID')),
    at('20s', send('m2')),
    at('21s', goodTurn('msg_2')),
  ]);

  scenario('session in use: what was begun unheard is resumed', '1m', [
    at('0s', start()),
    at('0.1s', exits(1, 'session-in-use', 'Session ID is already in use')),
    at(
      '2s',
      note('and when that is refused as well, a copy is out of reach: a fresh one'),
      exits(1, 'session-in-use', 'Session ID is already in use'),
    ),
  ]);

  scenario('a session that can never be opened is no endless loop', '2m', [
    at('0s', start()),
    ...['0.2s', '0.4s', '2s', '6s', '15s', '40s'].map((time) => at(time, habits({ initialized: null }), exitsIfUp())),
  ]);

  scenario('late reports of old runs change nothing', '1m', [
    ...WORKING,
    at('10s', restart()),
    at('20s', given('ada was restarted: run 000002 is over, run 000003 is up')),
    at('20s', lateReport({ type: 'exited', agent: 'ada', run: '000002', code: 1, at: null, hint: null, detail: '' })),
    at('21s', lateReport({ type: 'gone', agent: 'ada', run: '000002', leftovers: 3 })),
    at('22s', lateReport({ type: 'spawn-failed', agent: 'ada', run: '000002', detail: 'late' })),
    at(
      '23s',
      lateReport({ type: 'spawned', agent: 'ada', run: '000002', shimPid: 1, shimStart: '1', fingerprint: null }),
    ),
    at('24s', lateReport({ type: 'never-spawned', agent: 'ada', run: '000002' })),
    at('25s', lateReport({ type: 'exited', agent: 'bob', run: '000003', code: 1, at: null, hint: null, detail: '' })),
    at(
      '26s',
      lateReport({
        type: 'heard',
        agent: 'ada',
        run: '000003',
        offset: 0,
        late: false,
        fact: { fact: 'other', what: 'heard before' },
      }),
    ),
  ]);
});

/** Exits when there is a process to exit. */
function exitsIfUp() {
  return (world: Parameters<ReturnType<typeof exits>>[0]): void => {
    const state = world.fleet.agents['ada']?.state;
    if (state?.at === 'starting' && state.run.shim !== null) exits(1, 'session-in-use')(world);
  };
}

describe('crashes', () => {
  scenario('a crash in a turn', '20s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.5s', turnStarts()),
    at('11s', exits(1, null, 'Segmentation fault')),
    at('15s', goodTurn('msg_2')),
  ]);

  scenario('a crash loop ends in errored and is probed every 30 min', '1h 5m', [
    ...WORKING,
    at('10s', exits(1)),
    at('12s', exits(1)),
    at('15s', exits(1)),
    at('20s', exits(1)),
    at('30s', note('the fifth in ten minutes'), exits(1)),
    at('30m 31s', note('the probe ends too'), exits(1)),
    at('1h 1m', note('this one lives and answers'), send('m2')),
    at('1h 1m 1s', goodTurn('msg_2')),
    at('1h 3m', note('it has proven itself: the first delay again'), exits(1)),
  ]);

  scenario('a crash after long health waits the first delay', '2h', [
    ...WORKING,
    at('10s', exits(1)),
    at('15s', exits(1)),
    at('20s', send('m2')),
    at('21s', note('a good answer, and an hour of life'), goodTurn('msg_2')),
    at('1h', exits(1)),
  ]);

  scenario('living on without a good answer resets nothing', '10m', [
    at('0s', start()),
    at('5s', exits(1)),
    at('1m', exits(1)),
    at('2m', note('a minute of life each time, but nothing was said'), exits(1)),
  ]);

  scenario('a good answer alone resets nothing', '2m', [
    ...WORKING,
    at('10s', exits(1)),
    at('13s', exits(1)),
    at('17s', exits(1)),
    at('22s', note('the last delay was 4 s: an answer, but only 2 s of life'), send('m2')),
    at('22.1s', goodTurn('msg_2')),
    at('23s', exits(1)),
  ]);

  scenario('the delay is jittered within its bounds', '1m', [
    ...WORKING,
    at('10s', roll(0), note('not below the first delay'), exits(1)),
    at('12s', note('2 s, less a fifth'), exits(1)),
    at('16s', roll(1), note('4 s, and a fifth'), exits(1)),
  ]);

  scenario('leftovers are swept after a clean exit too', '10s', [
    ...WORKING,
    at('6s', habits({ swept: null }), exits(0)),
    at('6.2s', gone(2)),
  ]);

  scenario('a sweep that is not answered is asked for again', '30s', [
    ...WORKING,
    at('6s', habits({ swept: null }), exits(0)),
    at('17s', gone()),
  ]);

  scenario(
    'restart never: it stays down until it is started',
    '1m',
    [...WORKING, at('10s', exits(1)), at('20s', start()), at('30s', exits(1)), at('40s', restart())],
    { ...ADA, restart: { ...ADA.restart, when: 'never' } },
  );

  scenario(
    'restart on failure: a clean end is an end, a crash is not',
    '1m',
    [...WORKING, at('10s', exits(1)), at('20s', exits(0))],
    { ...ADA, restart: { ...ADA.restart, when: 'failure' } },
  );
});

describe('stop', () => {
  scenario('stop in a turn: interrupt, TERM, sweep', '30s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.5s', turnStarts()),
    at('11s', stop()),
    at('20s', note('started again it is asked what it was not allowed to finish'), start()),
    at('22s', goodTurn('msg_2')),
  ]);

  scenario('a stop that is ignored goes through every stage', '1m', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.5s', turnStarts()),
    at('11s', habits({ interrupted: null, termed: null }), stop()),
  ]);

  scenario('a process that not even KILL ends is swept and asked about again', '1m', [
    ...WORKING,
    at('10s', habits({ termed: null, killed: null, swept: null }), stop()),
    at('35s', gone()),
  ]);

  scenario('a turn that ends well while it is being stopped counts', '30s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.5s', turnStarts(), habits({ interrupted: null }), stop()),
    at('11s', answers('msg_2'), ends('good')),
  ]);

  scenario('restart now does not interrupt first', '20s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.5s', turnStarts(), answers('msg_2a', { tools: true })),
    at('11s', restart('ada', 'now')),
    at('13s', goodTurn('msg_2b')),
  ]);
});

describe('time', () => {
  scenario('a jump of the wall clock changes nothing', '2m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('13s', rejectedTurn(unauthorized('req_2'))),
    at('20s', wallJumps(1, '2h')),
    at('25s', wallJumps(-1, '5h')),
    at('35s', note('the attempt came at its time'), goodTurn('msg_2')),
  ]);

  scenario('a reboot moves the deadlines by the wall clock', '20m', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', rejectedTurn(unauthorized('req_1'))),
    at('13s', rejectedTurn(unauthorized('req_2'))),
    at('35s', rejectedTurn(unauthorized('req_3'))),
    at('1m 20s', rejectedTurn(unauthorized('req_4'))),
    at('2m 45s', rejectedTurn(unauthorized('req_5'))),
    at('3m', reboots('1m'), given('the next attempt was planned for 325 s; the machine is down from 180 s to 240 s')),
    at('4m', note('the new daemon finds the process gone'), exits(null)),
    at('5m 30s', goodTurn('msg_2')),
  ]);

  scenario('what fell due while the machine was down is done at once', '20m', [
    ...WORKING,
    at('10s', exits(1)),
    at('12s', exits(1)),
    at('15s', exits(1)),
    at('15.5s', given('the next start was planned for 19.050 s'), reboots('10m')),
    at('10m 16s', tick()),
  ]);
});

describe('a command agent', () => {
  scenario('a command agent is up after its first second', '10s', [at('0s', start())], COMMAND_AGENT);

  scenario(
    'a command agent that ends within its first second was never up',
    '10s',
    [at('0s', start()), at('0.5s', exits(1, null, 'Cannot find module worker.mjs'))],
    COMMAND_AGENT,
  );

  scenario(
    'a command agent has proven itself by its uptime alone',
    '1m',
    [
      at('0s', start()),
      at('5s', exits(1)),
      at('6.5s', exits(1)),
      at('10s', note('2.5 s of life, the last delay was 2 s'), exits(1)),
      at('23s', note('twice the last delay: the first delay again'), exits(1)),
    ],
    COMMAND_AGENT,
  );
});
