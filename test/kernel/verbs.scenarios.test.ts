import { describe } from 'vitest';
import {
  answers,
  at,
  declare,
  ends,
  exits,
  fails,
  measures,
  note,
  pause,
  rejectedTurn,
  remove,
  reset,
  restart,
  resume,
  start,
  stop,
  turnStarts,
  unauthorized,
} from './scenario.ts';
import { closes, crew, during, named, opens, sendAll, sendTo, settled, story } from './story.ts';

const ONE = crew(1);
const THREE = crew(3);
const OUTAGE = [during('outage', '401')];
const WINDOW = { agents: THREE, faults: OUTAGE };
/** At 15 s: ada has tried in vain, all three wait, bob is the next to try at 34.15 s. */
const gated = [...settled(THREE), at('10s', opens('outage'), sendAll(THREE, 1))];

describe('an agent that is paused', () => {
  story('a crash while it is paused is left alone until it is resumed', '10m', { agents: ONE }, [
    ...settled(ONE),
    at('10s', pause()),
    at('20s', exits(1, null, 'Segmentation fault'), sendTo('ada', 1)),
    at('5m', resume()),
  ]);

  story('a rejection while it is paused is noted, and acted on when it is resumed', '10m', { agents: ONE }, [
    ...settled(ONE),
    at('10s', turnStarts(), pause()),
    at('20s', fails(unauthorized('req_1'))),
    at('5m', resume()),
  ]);

  story('a paused agent is no canary: the next one tries', '10m', WINDOW, [
    ...gated,
    at('15s', pause('bob')),
    at('30s', closes('outage')),
    at('5m', note('the others have shown that it helps: bob follows'), resume('bob')),
  ]);

  story('all who wait are paused: nobody tries until one is resumed', '10m', WINDOW, [
    ...gated,
    at('15s', pause('ada'), pause('bob'), pause('cyd')),
    at('5m', closes('outage'), resume('cyd')),
    at('6m', resume('ada'), resume('bob')),
  ]);

  story('an operator restarts a paused agent, and it stays paused', '5m', { agents: ONE }, [
    ...settled(ONE),
    at('10s', pause()),
    at('20s', restart(), sendTo('ada', 1)),
  ]);

  story('an operator stops and starts a paused agent', '5m', { agents: ONE }, [
    ...settled(ONE),
    at('10s', pause()),
    at('20s', stop()),
    at('30s', start(), sendTo('ada', 1)),
  ]);
});

describe('a reload', () => {
  story('a reload waits for the end of the turn', '2m', { agents: ONE }, [
    ...settled(ONE),
    at('10s', turnStarts()),
    at('20s', restart('ada', 'after-turn'), sendTo('ada', 1)),
    at('1m', answers('msg_own'), ends('good')),
  ]);

  story('a reload of an idle agent is a restart', '2m', { agents: ONE }, [
    ...settled(ONE),
    at('20s', restart('ada', 'after-turn')),
  ]);

  story('a reload is overtaken by a restart', '2m', { agents: ONE }, [
    ...settled(ONE),
    at('10s', turnStarts()),
    at('20s', restart('ada', 'after-turn')),
    at('30s', restart('ada')),
  ]);

  story(
    'a reload that waits for a turn which has gone silent is done with the attempt',
    '15m',
    { agents: ONE, faults: [during('stuck', 'hang')] },
    [
      ...settled(ONE),
      at('10s', opens('stuck'), measures(600_000), sendTo('ada', 1)),
      at('20s', restart('ada', 'after-turn')),
      at('5m', closes('stuck')),
    ],
  );

  story('a reload of an agent whose turn is rejected is the restart that its trouble needs', '2m', { agents: ONE }, [
    ...settled(ONE),
    at('10s', turnStarts()),
    at('20s', restart('ada', 'after-turn')),
    at('30s', fails(unauthorized('req_1'))),
  ]);

  story('a changed declaration restarts an agent that waits for its turn', '2m', WINDOW, [
    ...gated,
    at('20s', declare(named('cyd', { env: { A: '1' } }))),
    at('25s', closes('outage')),
  ]);
});

describe('a reset', () => {
  story('a reset lets the quiet schedule begin anew, from now on', '5m', { agents: ONE, faults: OUTAGE }, [
    ...settled(ONE),
    at('10s', opens('outage'), sendTo('ada', 1)),
    at('40s', note('the next attempt is at 76 s; the one after it would be 80 s later'), reset()),
  ]);
});

describe('an operator wins', () => {
  story('restart of an agent that waits for its turn: its answer lets the others follow', '3m', WINDOW, [
    ...gated,
    at('20s', closes('outage'), restart('cyd')),
  ]);

  story('restart of an agent that waits for its turn, in vain: the schedule is kept for the others', '3m', WINDOW, [
    ...gated,
    at('20s', restart('cyd')),
    at('1m', closes('outage')),
  ]);

  story('restart of the canary: it goes on trying', '3m', WINDOW, [
    ...gated,
    at('34.5s', closes('outage'), restart('bob')),
  ]);

  story('restart of an agent that is about to follow', '3m', WINDOW, [
    ...gated,
    at('30s', closes('outage')),
    at('34.8s', restart('cyd')),
  ]);

  story('stop and start of an agent that waits for its turn: it is asked at once, and rejected', '3m', WINDOW, [
    ...gated,
    at('20s', stop('cyd')),
    at('25s', start('cyd')),
    at('1m', closes('outage')),
  ]);

  story('all are stopped: the trouble is over with them', '3m', WINDOW, [
    ...gated,
    at('20s', stop('ada'), stop('bob'), stop('cyd')),
  ]);

  story('the one that was to try next is deleted', '3m', WINDOW, [
    ...gated,
    at('20s', remove('bob')),
    at('30s', closes('outage')),
  ]);

  story('start of an agent whose process crashed while it waits for its turn', '3m', WINDOW, [
    ...gated,
    at('20s', exits(1, null, '', 'cyd')),
    at('22s', note('start wins over the gate'), start('cyd')),
    at('1m', closes('outage')),
  ]);

  story('restart in the midst of an attempt of its own', '2m', { agents: ONE }, [
    ...settled(ONE),
    at('10s', rejectedTurn(unauthorized('req_1'))),
    at('10.3s', restart('ada', 'now')),
    at('1m', sendTo('ada', 1)),
  ]);
});
