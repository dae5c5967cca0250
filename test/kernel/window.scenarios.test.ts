import { describe } from 'vitest';
import {
  at,
  exits,
  fails,
  habits,
  note,
  pause,
  rejectedTurn,
  remove,
  resume,
  send,
  stop,
  unauthorized,
} from './scenario.ts';
import { closes, crew, during, opens, quietCrew, sendAll, sendTo, settled, story } from './story.ts';

const SIX = crew(6);
const THREE = crew(3);
const OUTAGE = [during('outage', '401')];

describe('a window over all agents of a credential', () => {
  story('six agents in one window', '5m', { agents: SIX, faults: OUTAGE }, [
    ...settled(SIX),
    at('10s', opens('outage'), sendAll(SIX, 1)),
    at('2m 40s', closes('outage')),
    at('4m', note('the next messages are answered by the same processes'), sendAll(SIX, 2)),
  ]);

  story('one agent in a window makes as many attempts', '5m', { agents: crew(1), faults: OUTAGE }, [
    ...settled(crew(1)),
    at('10s', opens('outage'), sendAll(crew(1), 1)),
    at('2m 40s', closes('outage')),
  ]);

  story('a follower that is rejected calls the others back', '4m', { agents: SIX, faults: OUTAGE }, [
    ...settled(SIX),
    at('10s', opens('outage'), sendAll(SIX, 1)),
    at('30s', note('for a moment the API is well'), closes('outage')),
    at('34.71s', opens('outage')),
    at('1m', note('and then it is'), closes('outage')),
  ]);

  story(
    'a follower that is rejected before the others have begun calls them back',
    '4m',
    { agents: SIX, faults: [during('slow', 'hang', { when: { contains: 'a1' } }), ...OUTAGE] },
    [
      ...settled(SIX),
      at('10s', opens('outage'), sendAll(SIX, 1)),
      at('30s', closes('outage'), opens('slow')),
      at('35.8s', note('ada is the first to follow, cyd has just begun'), fails(unauthorized('req_a'), 'ada')),
      at('1m', closes('slow')),
    ],
  );

  story('who was idle in the window joins it when it is asked', '4m', { agents: THREE, faults: OUTAGE }, [
    ...settled(THREE),
    at('10s', opens('outage'), sendTo('ada', 1)),
    at('40s', note('bob was idle until now: it waits for its turn at once'), sendTo('bob', 1)),
    at('1m', closes('outage')),
    at('3m', sendTo('cyd', 1)),
  ]);

  story('an agent that never had trouble shows nothing about new processes', '4m', { agents: THREE, faults: OUTAGE }, [
    ...settled(THREE),
    at('10s', opens('outage'), sendTo('ada', 1), sendTo('bob', 1)),
    at(
      '20s',
      closes('outage'),
      note('cyd has been up since before: its answer does not open the gate'),
      sendTo('cyd', 1),
    ),
  ]);
});

describe('the canary of a window', () => {
  const window = [...settled(THREE), at('10s', opens('outage'), sendAll(THREE, 1))];

  story(
    'a canary that is throttled hands over and proves nothing',
    '4m',
    {
      agents: THREE,
      faults: [...OUTAGE, during('busy', '429')],
    },
    [...window, at('20s', closes('outage'), note('bob is the next to try'), opens('busy')), at('36s', closes('busy'))],
  );

  story('a canary that crashes hands over and proves nothing', '4m', { agents: THREE, faults: OUTAGE }, [
    ...window,
    at('34.4s', closes('outage'), exits(1, null, 'Segmentation fault', 'bob')),
  ]);

  story('a canary that is stopped hands over', '4m', { agents: THREE, faults: OUTAGE }, [
    ...window,
    at('34.7s', closes('outage'), stop('bob')),
  ]);

  story('a canary that is paused hands over', '4m', { agents: THREE, faults: OUTAGE }, [
    ...window,
    at('34.5s', closes('outage'), pause('bob')),
    at('3m', resume('bob')),
  ]);

  story('a canary that is deleted hands over', '4m', { agents: THREE, faults: OUTAGE }, [
    ...window,
    at('34.7s', closes('outage'), remove('bob')),
  ]);

  story('a canary that does not get ready hands over', '4m', { agents: THREE, faults: OUTAGE }, [
    ...window,
    at('34s', closes('outage'), habits({ initialized: null })),
    at('34.7s', habits({ initialized: 400 })),
  ]);

  story(
    'a canary that hangs is not waited for beyond its time',
    '8m',
    {
      agents: THREE,
      faults: [{ when: { contains: 'b1', window: 'hangs' }, do: { api: 'hang' } }, ...OUTAGE],
    },
    [...window, at('20s', closes('outage'), opens('hangs'))],
  );

  story(
    'a canary whose message crashes it does not block the others',
    '6m',
    {
      agents: THREE,
      faults: [
        { when: { contains: 'b1', window: 'deadly' }, do: { exit: { stderr: 'Segmentation fault' } } },
        ...OUTAGE,
      ],
    },
    [...window, at('20s', closes('outage'), opens('deadly'), send('b2', 'b2', 'bob'))],
  );

  story(
    'a canary whose message the API refuses hands over',
    '6m',
    {
      agents: THREE,
      faults: [during('bad', '400credit', { when: { contains: 'b1' } }), ...OUTAGE],
    },
    [...window, at('20s', closes('outage'), opens('bad'))],
  );
});

describe('one session among healthy ones', () => {
  story(
    'one agent latches in every new process while its siblings answer',
    '6m',
    {
      agents: THREE,
      faults: [{ when: { contains: 'a', window: 'latch' }, do: { api: '401' } }],
    },
    [
      ...settled(THREE),
      at('10s', opens('latch'), sendTo('ada', 1)),
      at('11s', sendTo('bob', 1), sendTo('cyd', 1)),
      at('13s', sendTo('bob', 2)),
      at('40s', sendTo('bob', 3)),
      at('1m 20s', sendTo('cyd', 2)),
      at('2m', closes('latch')),
    ],
  );
});

describe('the proof', () => {
  const SILENT = quietCrew(3);

  story('at most one agent of a credential is prompted', '3m', { agents: THREE, faults: OUTAGE }, [
    ...settled(THREE),
    at('10s', rejectedTurn(unauthorized('req_1'), 'ada'), rejectedTurn(unauthorized('req_2'), 'bob')),
    at('10.1s', rejectedTurn(unauthorized('req_3'), 'cyd')),
    at('2m', note('natural traffic proves the others'), sendTo('bob', 1), sendTo('cyd', 1)),
  ]);

  story(
    'without a prompt natural traffic is waited for, and the gate is not blocked by it',
    '20m',
    { agents: SILENT, faults: OUTAGE },
    [
      ...settled(SILENT),
      at('10s', rejectedTurn(unauthorized('req_1'), 'ada'), rejectedTurn(unauthorized('req_2'), 'bob')),
      at('8m', note('bob is asked while it waits to prove itself'), sendTo('bob', 1)),
      at('18m', sendTo('ada', 1)),
    ],
  );
});
