import { describe } from 'vitest';
import { ADA } from './fleet-of.ts';
import {
  answers,
  at,
  ends,
  fails,
  goodTurn,
  habits,
  measures,
  note,
  notify,
  pause,
  rejectedTurn,
  resume,
  retries,
  scenario,
  send,
  turnStarts,
  unauthorized,
  wallJumps,
  WORKING,
} from './scenario.ts';
import { closes, crew, during, named, opens, sendAll, sendTo, settled, story } from './story.ts';

const inTurn = [...WORKING, at('10s', send('m2')), at('10.1s', turnStarts())];

describe('an agent that goes silent in its turn', () => {
  scenario('silent for ten minutes in a turn it is replaced and asked to go on', '12m', [
    at('0s', notify()),
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', turnStarts(), answers('msg_2a', { tools: true })),
    at('20s', measures(600_100)),
    at('10m 20s', note('the new process goes on'), measures(0), goodTurn('msg_2b')),
  ]);

  scenario('a measurement that shows life puts the watch off by what is left', '25m', [
    ...inTurn,
    at('20s', measures(120_000)),
    at('10m 15s', note('it was silent for 2 min only: it is looked at again 8 min later'), measures(600_000)),
    at('19m', goodTurn('msg_2')),
  ]);

  scenario('every line puts the watch off', '20m', [
    ...inTurn,
    at('9m', answers('msg_2a', { tools: true })),
    at('18m', note('it would have been looked at after 10 min 10 s'), answers('msg_2b'), ends('good')),
  ]);

  scenario('Claude Code says how long it waits before it asks again, and that is no silence', '30m', [
    ...inTurn,
    at('20s', retries(529, 1, 'ada', 600_000)),
    at('10m 30s', note('10 min of waiting and 10 min of silence')),
    at('20m 20s', note('now it is looked at')),
  ]);

  scenario('a tool that says nothing for long but works is left to work', '20m', [
    ...inTurn,
    at('20s', measures(600_100, 5_000)),
    at('10m 15s', note('it has used 20 s since'), measures(660_000, 25_000)),
    at('11m 15s', note('and then only a moment'), measures(720_000, 25_100)),
    at('13m', goodTurn('msg_2')),
  ]);

  scenario('what it says while it is being replaced proves nothing', '12m', [
    at('0s', notify()),
    ...inTurn,
    at('20s', habits({ interrupted: null }), measures(600_100)),
    at('10m 16s', note('the watch has tripped, and the old process is being ended'), measures(0), answers('msg_2a')),
    at('11m', note('only the new one can show that it is over'), habits({ interrupted: 20 }), goodTurn('msg_2b')),
  ]);

  scenario('a measurement that nobody answers is asked for again', '11m', [
    ...inTurn,
    at('20s', measures(null)),
    at('10m 35s', note('somebody does'), measures(600_100)),
    at('10m 45s', goodTurn('msg_2')),
  ]);

  scenario('paused it may be silent for as long as it likes', '31m', [
    ...inTurn,
    at('20s', pause(), measures(1_200_000)),
    at('30m', note('resumed it is looked at at once'), resume()),
  ]);

  scenario('a wall clock that is set ahead makes nobody silent', '9m', [
    ...inTurn,
    at('1m', wallJumps(1, '3h')),
    at('8m', goodTurn('msg_2')),
  ]);
});

describe('an agent that does not begin its next message', () => {
  scenario('deaf after its last result it is replaced after a minute and asked again', '3m', [
    at('0s', notify()),
    ...WORKING,
    at('10s', habits({ echoed: null }), measures(60_000), send('m2')),
    at('1m 10.2s', habits({ echoed: 30 }), measures(0)),
    at('1m 15s', goodTurn('msg_2')),
  ]);

  story(
    'deaf to all but a KILL it is ended for good',
    '3m',
    {
      agents: crew(1),
      faults: [{ when: { contains: 'a1' }, do: { hang: 'afterResult' } }],
    },
    [
      ...settled(crew(1)),
      at('10s', sendTo('ada', 1)),
      at('20s', measures(60_000), sendTo('ada', 2)),
      at('1m 30s', measures(0)),
    ],
  );

  story(
    'a message that hangs its agent three times is failed, the next is answered',
    '50m',
    { agents: crew(1), faults: [{ when: { contains: 'a1' }, do: { api: 'hang' } }] },
    [at('0s', notify()), ...settled(crew(1)), at('10s', measures(600_000), sendTo('ada', 1), sendTo('ada', 2))],
  );

  story(
    'a message that hangs its agent after work on it was begun is asked to go on',
    '50m',
    { agents: crew(1), faults: [{ when: { contains: 'a1' }, do: { hang: 'afterTool' } }] },
    [...settled(crew(1)), at('10s', measures(600_000), sendTo('ada', 1), sendTo('ada', 2))],
  );
});

describe('a silence in trouble', () => {
  const PATIENT = { auth: { ...ADA.auth, verify: { ...ADA.auth.verify, timeoutMs: 3_600_000 } } };
  story(
    'a stall while it must prove itself is one more failed attempt',
    '40m',
    { agents: [named('ada', PATIENT)], faults: [during('stuck', 'hang')] },
    [
      ...settled([named('ada', PATIENT)]),
      at('10s', rejectedTurn(unauthorized('req_1')), opens('stuck'), measures(600_000)),
      at('25m', closes('stuck')),
    ],
  );

  story(
    'a canary that goes silent lets another one try',
    '20m',
    { agents: crew(3), faults: [during('stuck', 'hang', { when: { contains: 'b1' } }), during('outage', '401')] },
    [
      ...settled(crew(3)),
      at('10s', opens('outage'), sendAll(crew(3), 1)),
      at('20s', closes('outage'), opens('stuck'), measures(600_000)),
      at('15m', closes('stuck')),
    ],
  );

  story(
    'a session that is rejected in the midst of a stall is rejected, not silent',
    '30m',
    { agents: crew(1), faults: [during('stuck', 'hang')] },
    [
      ...settled(crew(1)),
      at('10s', opens('stuck'), sendTo('ada', 1)),
      at('9m', fails(unauthorized('req_1'))),
      at('9m 1s', closes('stuck')),
    ],
  );
});
