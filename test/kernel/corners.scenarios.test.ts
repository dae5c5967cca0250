import { describe } from 'vitest';
import { START_WALL } from './fleet-of.ts';
import {
  at,
  credentialChanges,
  failure,
  fails,
  note,
  notify,
  pause,
  reboots,
  rejectedTurn,
  restart,
  resume,
  send,
  unauthorized,
  vanish,
} from './scenario.ts';
import {
  closes,
  crew,
  declareCredential,
  during,
  named,
  opens,
  quietCrew,
  sendAll,
  sendTo,
  settled,
  story,
} from './story.ts';

const ONE = crew(1);
const THREE = crew(3);
const OUTAGE = [during('outage', '401')];
const WINDOW = { agents: THREE, faults: OUTAGE };
const gated = [...settled(THREE), at('10s', opens('outage'), sendAll(THREE, 1))];

describe('a proof and a pause', () => {
  story('a paused agent is not asked for a proof before it is resumed', '5m', { agents: ONE }, [
    ...settled(ONE),
    at('10s', rejectedTurn(unauthorized('req_1'))),
    at('10.3s', pause()),
    at('2m', resume()),
  ]);

  story(
    'a paused agent is not asked for a proof again, but a message is delivered',
    '5m',
    { agents: ONE, faults: OUTAGE },
    [
      ...settled(ONE),
      at('10s', opens('outage'), rejectedTurn(unauthorized('req_1'))),
      at('32.7s', note('its second attempt has begun'), pause(), closes('outage')),
      at('1m', sendTo('ada', 1)),
      at('2m', resume()),
    ],
  );
});

describe('a prompt and a limit', () => {
  story(
    'a prompt that was throttled is not asked again while its agent is paused',
    '5m',
    { agents: ONE, faults: [during('busy', '429')] },
    [
      ...settled(ONE),
      at('10s', opens('busy'), rejectedTurn(unauthorized('req_1'))),
      at('20s', closes('busy'), pause()),
      at('2m', resume()),
    ],
  );
});

describe('a window in which nobody has a message', () => {
  story('each canary is asked for a proof in its turn', '6m', WINDOW, [
    ...settled(THREE),
    at('10s', opens('outage'), rejectedTurn(unauthorized('req_a'), 'ada')),
    at('10.1s', rejectedTurn(unauthorized('req_b'), 'bob'), rejectedTurn(unauthorized('req_c'), 'cyd')),
    at('2m', closes('outage')),
  ]);

  story(
    'a canary that does not answer its prompt lets the next one be asked',
    '8m',
    { agents: THREE, faults: [{ when: { window: 'outage', pid: 8 }, do: { api: 'hang' } }, ...OUTAGE] },
    [
      ...settled(THREE),
      at('10s', opens('outage'), rejectedTurn(unauthorized('req_a'), 'ada')),
      at('10.1s', rejectedTurn(unauthorized('req_b'), 'bob'), rejectedTurn(unauthorized('req_c'), 'cyd')),
      at('2m', closes('outage')),
    ],
  );
});

describe('a canary and its message', () => {
  story(
    'a canary whose message is refused by its own fault hands over, and the message is failed after three times',
    '4m',
    { agents: THREE, faults: [during('slow', 'hang', { when: { contains: 'b1' } }), ...OUTAGE] },
    [
      ...gated,
      at('20s', closes('outage'), opens('slow'), send('b2', 'b2', 'bob')),
      at('35s', fails(failure('message', 400, 'req_m', 'Prompt is too long'), 'bob')),
      at(
        '57s',
        note('bob was asked again in its process'),
        fails(failure('message', 400, 'req_n', 'Prompt is too long'), 'bob'),
      ),
      at('1m', fails(failure('message', 400, 'req_o', 'Prompt is too long'), 'bob')),
    ],
  );
});

describe('a window and the rest of the world', () => {
  story('the machine reboots in the midst of an attempt', '5m', WINDOW, [
    ...gated,
    at('35s', reboots('20s')),
    at('55s', vanish(['ada', 'bob', 'cyd'])),
    at('1m', closes('outage')),
  ]);

  story('the operator restarts all of them at once, in vain', '3m', WINDOW, [
    ...gated,
    at('20s', restart('ada'), restart('bob'), restart('cyd')),
    at('1m', closes('outage')),
  ]);

  story(
    'a sibling answers in its old process all the while: it is no window, and each tries for itself',
    '2m',
    {
      agents: THREE,
      faults: [during('outage', '401', { when: { process: { until: 2 } } })],
    },
    [
      ...settled(THREE),
      at('10s', opens('outage'), sendTo('ada', 1), sendTo('bob', 1)),
      at('10.1s', closes('outage'), sendTo('cyd', 1)),
      at('10.5s', opens('outage')),
      at('20s', closes('outage')),
    ],
  );

  story(
    'the credential of a rejected session is replaced: it is tried at once',
    '2m',
    { agents: ONE, faults: OUTAGE },
    [...settled(ONE), at('10s', opens('outage'), sendTo('ada', 1)), at('40s', closes('outage'), credentialChanges())],
  );

  story('the credential is replaced while the canary waits for natural traffic', '10m', { agents: quietCrew(2) }, [
    ...settled(quietCrew(2)),
    at('10s', rejectedTurn(unauthorized('req_1'), 'ada'), rejectedTurn(unauthorized('req_2'), 'bob')),
    at('1m', credentialChanges()),
    at('6m', sendTo('bob', 1)),
  ]);

  const BOTH = [named('ada'), named('bob', { credentials: ['team'] })];
  story(
    'two names of one secret: the one of them is replaced, and the other follows on its own',
    '1h',
    {
      agents: BOTH,
      faults: [during('revoked', '403revoked', { when: { token: 'ab12cd34' } })],
    },
    [
      at('0s', declareCredential('team', 'ab12cd34')),
      ...settled(BOTH),
      at('10s', opens('revoked'), sendAll(BOTH, 1)),
      at('10m', credentialChanges('max', 'ffff0000')),
      at('20m', credentialChanges('team', 'ffff0000')),
    ],
  );
});

describe('two limits', () => {
  story(
    'a throttled agent is capped like its sibling',
    '1h 1m',
    {
      agents: THREE,
      faults: [
        during('capped', '429cap', { do: { api: '429cap', resetsAt: START_WALL / 1_000 + 3_600 } }),
        during('busy', '429'),
      ],
    },
    [
      at('0s', notify()),
      ...settled(THREE),
      at('10s', opens('busy'), sendTo('ada', 1), sendTo('cyd', 1)),
      at('20s', opens('capped'), sendTo('bob', 1)),
      at('59m', closes('busy'), closes('capped')),
    ],
  );

  story(
    'the network comes back in the midst of an overload',
    '10m',
    { agents: ONE, faults: [during('cut', 'drop'), during('storm', '529')] },
    [
      at('0s', notify()),
      ...settled(ONE),
      at('10s', opens('cut'), sendTo('ada', 1)),
      at('4m', closes('cut'), opens('storm')),
      at('6m', closes('storm')),
    ],
  );
});

describe('crashes in a window', () => {
  story(
    'every canary crashes: each keeps its backoff, and nobody storms',
    '10m',
    {
      agents: THREE,
      faults: [during('deadly', '401', { do: { exit: { stderr: 'Segmentation fault' } } }), ...OUTAGE],
    },
    [...gated, at('20s', opens('deadly')), at('5m', closes('deadly'), closes('outage'))],
  );

  story(
    'the only agent crashes in each attempt: it is started with its backoff',
    '10m',
    {
      agents: ONE,
      faults: [during('deadly', '401', { do: { exit: { stderr: 'Segmentation fault' } } }), ...OUTAGE],
    },
    [
      ...settled(ONE),
      at('10s', opens('outage'), sendTo('ada', 1)),
      at('20s', opens('deadly')),
      at('37s', closes('deadly'), closes('outage')),
    ],
  );
});
