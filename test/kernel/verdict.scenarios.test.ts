import { describe } from 'vitest';
import {
  adopted,
  answers,
  at,
  caughtUp,
  daemonDies,
  declare,
  ends,
  fails,
  late,
  note,
  rejectedTurn,
  retries,
  turnStarts,
  unauthorized,
} from './scenario.ts';
import { crew, declareCredential, quiet, quietCrew, settled, story } from './story.ts';

/** Nobody is asked for a proof, so that a trouble stays as it was found. */
const TWO = quietCrew(2);
const ADA_ON_MAX = quiet('ada');
const BOB_ON_TEAM = quiet('bob', { credentials: ['team'] });

describe('how far a rejection reaches', () => {
  story('one agent is rejected and there is nothing to compare: its session', '1m', { agents: [ADA_ON_MAX] }, [
    ...settled([ADA_ON_MAX]),
    at('10s', rejectedTurn(unauthorized('req_1'))),
  ]);

  story('a sibling is answered in a turn that began after the first retry: the session', '1m', { agents: TWO }, [
    ...settled(TWO),
    at('10s', turnStarts('ada'), retries(401, 1, 'ada')),
    at('10.2s', turnStarts('bob'), answers('msg_b', {}, 'bob'), ends('good', 'bob')),
    at('11.8s', fails(unauthorized('req_1'), 'ada')),
    at('14s', note('even though its new process is rejected, too'), rejectedTurn(unauthorized('req_2'), 'ada')),
  ]);

  story(
    'a sibling is answered in a turn that began before the first retry: that proves nothing',
    '1m',
    { agents: TWO },
    [
      ...settled(TWO),
      at('9s', turnStarts('bob')),
      at('10s', turnStarts('ada'), retries(401, 1, 'ada')),
      at('10.2s', answers('msg_b', {}, 'bob'), ends('good', 'bob')),
      at('11.8s', fails(unauthorized('req_1'), 'ada')),
      at('14s', note('its new process is rejected: a window'), rejectedTurn(unauthorized('req_2'), 'ada')),
    ],
  );

  story('two agents are rejected 60 s apart: a window', '3m', { agents: TWO }, [
    ...settled(TWO),
    at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
    at('1m 10s', rejectedTurn(unauthorized('req_2'), 'bob')),
  ]);

  story('two agents are rejected 61 s apart: two sessions', '3m', { agents: TWO }, [
    ...settled(TWO),
    at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
    at('1m 11s', rejectedTurn(unauthorized('req_2'), 'bob')),
  ]);

  story('the one has recovered before the other is rejected: two sessions', '1m', { agents: crew(2) }, [
    ...settled(crew(2)),
    at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
    at('20s', rejectedTurn(unauthorized('req_2'), 'bob')),
  ]);

  story(
    'agents on two credentials are rejected within a minute: upstream',
    '3m',
    { agents: [ADA_ON_MAX, BOB_ON_TEAM] },
    [
      at('0s', declareCredential('team')),
      ...settled([ADA_ON_MAX, BOB_ON_TEAM]),
      at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
      at('1m 10s', rejectedTurn(unauthorized('req_2'), 'bob')),
    ],
  );

  story(
    'agents on two credentials are rejected 61 s apart: two sessions',
    '3m',
    { agents: [ADA_ON_MAX, BOB_ON_TEAM] },
    [
      at('0s', declareCredential('team')),
      ...settled([ADA_ON_MAX, BOB_ON_TEAM]),
      at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
      at('1m 11s', rejectedTurn(unauthorized('req_2'), 'bob')),
    ],
  );
});

describe('who shares a credential', () => {
  story(
    'two names of one secret are one credential: a window, not upstream',
    '1m',
    { agents: [ADA_ON_MAX, BOB_ON_TEAM] },
    [
      at('0s', declareCredential('team', 'ab12cd34')),
      ...settled([ADA_ON_MAX, BOB_ON_TEAM]),
      at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
      at('20s', rejectedTurn(unauthorized('req_2'), 'bob')),
    ],
  );

  const ada = quiet('ada', { credentials: [] });
  const bob = quiet('bob', { credentials: [] });
  const own = quiet('cyd', { credentials: [], env: { ANTHROPIC_API_KEY: 'its own' } });
  const declareAll = [ada, bob, own].map((spec) => declare(spec, { HOME: '/home/op' }));

  story('agents without a declared credential share the login of their home', '1m', { agents: [] }, [
    at('0s', ...declareAll),
    ...settled([ada, bob, own]),
    at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
    at('20s', rejectedTurn(unauthorized('req_2'), 'bob')),
  ]);

  story('an agent that brings its own login along shares it with nobody', '1m', { agents: [] }, [
    at('0s', ...declareAll),
    ...settled([ada, bob, own]),
    at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
    at('20s', rejectedTurn(unauthorized('req_2'), 'cyd')),
  ]);

  story('agents without a declared credential and with two homes have two logins', '1m', { agents: [] }, [
    at('0s', declare(ada, { HOME: '/home/op' }), declare(bob, { HOME: '/home/other' })),
    ...settled([ada, bob]),
    at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
    at('20s', rejectedTurn(unauthorized('req_2'), 'bob')),
  ]);
});

describe('what was said while no daemon listened', () => {
  story('late rejections correlate with nobody', '3m', { agents: TWO }, [
    ...settled(TWO),
    at('10s', turnStarts('ada'), turnStarts('bob')),
    at('11s', daemonDies()),
    at('20s', adopted('ada'), adopted('bob')),
    at('20.1s', late(fails(unauthorized('req_1'), 'ada'), fails(unauthorized('req_2'), 'bob'))),
    at('20.2s', caughtUp('ada'), caughtUp('bob'), note('a rejection that is heard as it happens finds no late one')),
  ]);

  story('a late answer of a sibling proves nothing', '1m', { agents: TWO }, [
    ...settled(TWO),
    at('10s', turnStarts('ada'), retries(401, 1, 'ada')),
    at('10.1s', turnStarts('bob')),
    at('11s', daemonDies()),
    at('20s', adopted('bob'), late(answers('msg_b', {}, 'bob'), ends('good', 'bob')), caughtUp('bob')),
    at('20.1s', adopted('ada'), caughtUp('ada'), fails(unauthorized('req_1'), 'ada')),
    at('23s', note('its new process is rejected: a window'), rejectedTurn(unauthorized('req_2'), 'ada')),
  ]);

  story('a late rejection makes no window of a later one', '3m', { agents: TWO }, [
    ...settled(TWO),
    at('10s', turnStarts('ada')),
    at('11s', daemonDies()),
    at('20s', adopted('bob'), caughtUp('bob'), adopted('ada')),
    at('20.1s', late(fails(unauthorized('req_1'), 'ada')), caughtUp('ada')),
    at('30s', rejectedTurn(unauthorized('req_2'), 'bob')),
  ]);
});
