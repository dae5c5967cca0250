import { describe } from 'vitest';
import {
  at,
  credentialChanges,
  loginChanges,
  note,
  notify,
  pause,
  rejectedTurn,
  restart,
  resume,
  unauthorized,
  failure,
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

const THREE = crew(3);
const FIVE = crew(5);
const OUTAGE = [during('outage', '401')];

describe('two credentials', () => {
  const TEAM = { credentials: ['team'] };
  const MIXED = [...crew(2), named('dan', TEAM), named('eve', TEAM)];

  story(
    'an open window on one credential does not delay the other',
    '3m',
    {
      agents: MIXED,
      faults: [during('outage', '401', { when: { token: 'ab12cd34' } })],
    },
    [
      at('0s', declareCredential('team')),
      ...settled(MIXED),
      at('10s', opens('outage'), sendTo('ada', 1), sendTo('bob', 1)),
      at('1m 15s', sendTo('eve', 1)),
      at('2m 20s', note('dan has a trouble of its own, a minute later'), rejectedTurn(unauthorized('req_own'), 'dan')),
      at('2m 30s', closes('outage')),
    ],
  );

  story(
    'a chance rejection on the other credential makes it upstream and delays nobody',
    '3m',
    { agents: MIXED, faults: [during('outage', '401', { when: { token: 'ab12cd34' } })] },
    [
      at('0s', declareCredential('team')),
      ...settled(MIXED),
      at('10s', opens('outage'), sendTo('ada', 1), sendTo('bob', 1)),
      at('1m 15s', rejectedTurn(unauthorized('req_own'), 'dan')),
      at('1m 20s', sendTo('eve', 1)),
      at('1m 30s', closes('outage')),
    ],
  );

  story('two credentials in one upstream window: one canary each', '3m', { agents: MIXED, faults: OUTAGE }, [
    at('0s', declareCredential('team')),
    ...settled(MIXED),
    at('10s', opens('outage'), sendAll(MIXED, 1)),
    at('1m', closes('outage')),
  ]);

  story(
    'troubles of their own are swallowed by the window that they turn out to be',
    '3m',
    { agents: THREE, faults: OUTAGE },
    [
      ...settled(THREE),
      at('10s', opens('outage'), sendTo('ada', 1)),
      at('10.1s', pause('ada')),
      at('1m 15s', note('too late to be compared with ada'), rejectedTurn(unauthorized('req_b'), 'bob')),
      at('1m 16s', resume('ada')),
      at('2m', closes('outage')),
    ],
  );
});

describe('a credential that is dead', () => {
  const DEAD = [during('revoked', '403revoked', { when: { token: 'ab12cd34' } })];
  const held = [at('0s', notify()), ...settled(FIVE), at('10s', opens('revoked'), sendAll(FIVE, 1))];

  story(
    'a revoked token of five: one restart, one notice, a slow canary, then the new one',
    '1h 10m',
    { agents: FIVE, faults: DEAD },
    [...held, at('1h 5m', note('the token file has changed'), credentialChanges())],
  );

  story('the new credential is dead, too', '1h 10m', { agents: FIVE, faults: [during('revoked', '403revoked')] }, [
    ...held,
    at('10m', credentialChanges()),
    at('20m', credentialChanges('max', 'eeee0000'), closes('revoked')),
  ]);

  story('the credential is changed while its canary still tries the old one', '40m', { agents: FIVE, faults: DEAD }, [
    ...held,
    at('30m 14.7s', credentialChanges()),
  ]);

  story(
    'a stored login is renewed again and again while it is dead: tried at once, and then by the schedule',
    '20m',
    { agents: FIVE, faults: [during('revoked', '403revoked')] },
    [
      ...held,
      at('5m', loginChanges()),
      at('5m 10s', loginChanges()),
      at('5m 11s', loginChanges()),
      at('10m', note('now a person has signed in'), closes('revoked'), loginChanges()),
    ],
  );

  story(
    'a stored login changes in a window that is no hold: the schedule stands',
    '2m',
    { agents: FIVE, faults: OUTAGE },
    [
      ...settled(FIVE),
      at('10s', opens('outage'), sendAll(FIVE, 1)),
      at('15s', loginChanges()),
      at('40s', closes('outage')),
    ],
  );

  story('another credential is changed: nothing follows', '20m', { agents: FIVE, faults: DEAD }, [
    ...held,
    at('10m', credentialChanges('team')),
  ]);

  story('the operator restarts one of those who are held, and it answers', '20m', { agents: FIVE, faults: DEAD }, [
    ...held,
    at('10m', note('the login was renewed'), closes('revoked'), restart('cyd')),
  ]);

  story('the operator restarts one of those who are held in vain', '35m', { agents: FIVE, faults: DEAD }, [
    ...held,
    at('10m', restart('cyd')),
  ]);

  story('an agent that is asked only later is held at once', '20m', { agents: crew(2), faults: DEAD }, [
    at('0s', notify()),
    ...settled(crew(2)),
    at('10s', opens('revoked'), sendTo('ada', 1)),
    at('10m', sendTo('bob', 1)),
  ]);
});

describe('what a person must mend', () => {
  story(
    'an unpaid account of three: the operator restarts one, it answers, the others are released',
    '20m',
    {
      agents: THREE,
      faults: [during('unpaid', '400credit')],
    },
    [
      at('0s', notify()),
      ...settled(THREE),
      at('10s', opens('unpaid'), sendAll(THREE, 1)),
      at('10m', closes('unpaid'), restart('bob')),
    ],
  );

  story('an account that is on hold, and an organisation that was never allowed', '20m', { agents: quietCrew(2) }, [
    at('0s', notify()),
    ...settled(quietCrew(2)),
    at(
      '10s',
      rejectedTurn(
        failure('account', 403, 'req_1', 'Your organization has disabled Claude subscription access'),
        'ada',
      ),
    ),
    at(
      '20s',
      rejectedTurn(
        failure('account', 403, 'req_2', 'Your organization has disabled Claude subscription access'),
        'bob',
      ),
    ),
  ]);

  story('a model that does not exist is this agent alone', '20m', { agents: THREE }, [
    at('0s', notify()),
    ...settled(THREE),
    at('10s', rejectedTurn(failure('model', 404, 'req_1', "There's an issue with the selected model"), 'ada')),
    at('20s', sendTo('bob', 1)),
    at('10m', note('it exists now'), restart('ada'), sendTo('ada', 1)),
  ]);
});
