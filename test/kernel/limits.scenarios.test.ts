import { describe } from 'vitest';
import { START_WALL } from './fleet-of.ts';
import {
  at,
  exits,
  failure,
  note,
  notify,
  rejectedTurn,
  restart,
  roll,
  stop,
  throttled,
  unauthorized,
} from './scenario.ts';
import { closes, crew, during, named, opens, quietCrew, sendAll, sendTo, settled, story } from './story.ts';

const THREE = crew(3);
const OPUS = named('ada');
const OTHER_OPUS = named('bob');
const HAIKU = named('cyd', { claude: { ...OPUS.claude, model: 'haiku' } });
const TIERS = [OPUS, OTHER_OPUS, HAIKU];
const RESET_S = START_WALL / 1_000 + 3_600;

describe('a throttle', () => {
  const BUSY = [during('busy', '429', { when: { tier: 'opus' } })];

  story('429 on opus only, while haiku answers', '5m', { agents: TIERS, faults: BUSY }, [
    at('0s', notify()),
    ...settled(TIERS),
    at('10s', opens('busy'), sendAll(TIERS, 1)),
    at('20s', note('an answer of haiku clears nothing'), sendTo('cyd', 2)),
    at('1m', closes('busy')),
  ]);

  story('a good answer of opus lets the other opus agents ask at once', '10m', { agents: TIERS, faults: BUSY }, [
    ...settled(TIERS),
    at('10s', opens('busy'), sendTo('ada', 1)),
    at('2m', sendTo('bob', 1)),
    at('2m 12s', note('bob is to ask at 150 s, ada at 220 s'), closes('busy')),
  ]);

  story(
    'a throttled agent is restarted by nobody, not even by its operator in vain',
    '5m',
    { agents: [OPUS], faults: BUSY },
    [
      ...settled([OPUS]),
      at('10s', opens('busy'), sendTo('ada', 1)),
      at('20s', restart('ada')),
      at('1m', closes('busy')),
    ],
  );

  story('a throttled agent that is stopped leaves the trouble to the others', '5m', { agents: TIERS, faults: BUSY }, [
    ...settled(TIERS),
    at('10s', opens('busy'), sendTo('ada', 1), sendTo('bob', 1)),
    at('20s', stop('ada')),
    at('30s', closes('busy')),
  ]);

  story(
    'a throttled agent that crashes is asked again when its time has come',
    '5m',
    { agents: [OPUS], faults: BUSY },
    [...settled([OPUS]), at('10s', opens('busy'), sendTo('ada', 1)), at('20s', closes('busy'), exits(1))],
  );
});

describe('a cap', () => {
  const CAP = [during('capped', '429cap', { do: { api: '429cap', resetsAt: RESET_S } })];

  story(
    'three agents of one account are capped and come back one after the other',
    '1h 1m',
    { agents: THREE, faults: CAP },
    [
      at('0s', notify()),
      ...settled(THREE),
      at('10s', opens('capped'), roll(0.9), sendTo('ada', 1)),
      at('11s', roll(0.2), sendTo('bob', 1)),
      at('12s', roll(0.6), sendTo('cyd', 1)),
      at('59m', closes('capped'), note('bob is the first, 2 s after the reset')),
    ],
  );

  story(
    'a cap without a reset time is looked at every ten minutes',
    '25m',
    { agents: [OPUS], faults: [during('capped', '429cap')] },
    [...settled([OPUS]), at('10s', opens('capped'), sendTo('ada', 1)), at('15m', closes('capped'))],
  );

  story(
    'a cap in the midst of a window proves nothing about it',
    '1h 10m',
    { agents: THREE, faults: [...CAP, during('outage', '401')] },
    [
      ...settled(THREE),
      at('10s', opens('outage'), sendAll(THREE, 1)),
      at('20s', closes('outage'), opens('capped')),
      at('59m', closes('capped')),
    ],
  );
});

describe('an API that is in trouble itself', () => {
  story(
    '529: Claude Code retries for three minutes, then it is asked again',
    '15m',
    { agents: THREE, faults: [during('storm', '529')] },
    [at('0s', notify()), ...settled(THREE), at('10s', opens('storm'), sendAll(THREE, 1)), at('5m', closes('storm'))],
  );

  story('no network: one trouble of the machine', '15m', { agents: THREE, faults: [during('cut', 'drop')] }, [
    at('0s', notify()),
    ...settled(THREE),
    at('10s', opens('cut'), sendAll(THREE, 1)),
    at('5m', closes('cut')),
  ]);

  story('a login that another process refreshes is asked again later', '2m', { agents: quietCrew(2) }, [
    ...settled(quietCrew(2)),
    at(
      '10s',
      rejectedTurn(failure('auth-transient', null, 'req_1', 'another Claude Code process is refreshing it'), 'ada'),
    ),
    at('20s', sendTo('ada', 1)),
  ]);
});

describe('two troubles at once', () => {
  story('a throttled agent is rejected: the limit ends, the session begins', '5m', { agents: quietCrew(1) }, [
    ...settled(quietCrew(1)),
    at('10s', rejectedTurn(throttled('req_1'))),
    at('20s', rejectedTurn(unauthorized('req_2'))),
    at('1m', sendTo('ada', 1)),
  ]);
});
