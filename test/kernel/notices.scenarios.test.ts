import { describe } from 'vitest';
import { ADA } from './fleet-of.ts';
import {
  at,
  declare,
  exits,
  expired,
  failure,
  note,
  notify,
  rejectedTurn,
  start,
  stop,
  throttled,
  unauthorized,
} from './scenario.ts';
import { closes, crew, during, named, notices, opens, quietCrew, sendAll, sendTo, settled } from './story.ts';

const ONE = quietCrew(1);
const THREE = crew(3);
const SEVEN = [...crew(6), named('gus')];
const OUTAGE = [during('outage', '401')];

/** Only what people are told. */
describe('what people are told', () => {
  notices('of a trouble that opens and is over', '1m', { agents: ONE }, [
    at('0s', notify()),
    ...settled(ONE),
    at('10s', rejectedTurn(unauthorized('req_1'))),
    at('30s', sendTo('ada', 1)),
  ]);

  notices('of a window: once, and not of each attempt', '30m', { agents: THREE, faults: OUTAGE }, [
    at('0s', notify()),
    ...settled(THREE),
    at('10s', opens('outage'), sendAll(THREE, 1)),
    at('20m', closes('outage')),
  ]);

  notices('of a trouble whose agents were all stopped', '1m', { agents: ONE }, [
    at('0s', notify()),
    ...settled(ONE),
    at('10s', rejectedTurn(unauthorized('req_1'))),
    at('20s', stop()),
  ]);

  notices(
    'of a hold once, whoever joins it and however often it is tried',
    '3h',
    {
      agents: THREE,
      faults: [during('revoked', '403revoked')],
    },
    [
      at('0s', notify()),
      ...settled(THREE),
      at('10s', opens('revoked'), sendTo('ada', 1)),
      at('10m', sendTo('bob', 1)),
      at('2h 30m', closes('revoked')),
    ],
  );

  notices('of a window that turns out to be a dead credential', '1h', { agents: ONE }, [
    at('0s', notify()),
    ...settled(ONE),
    at('10s', sendTo('ada', 1)),
    at('20s', rejectedTurn(unauthorized('req_1'))),
    at('21s', rejectedTurn(unauthorized('req_2'))),
    at('50s', rejectedTurn(expired('req_3'))),
    at('2m', rejectedTurn(expired('req_4'))),
  ]);

  notices(
    'of a channel that is declared late: the second failed attempt, then the end',
    '10m',
    {
      agents: THREE,
      faults: OUTAGE,
    },
    [...settled(THREE), at('10s', opens('outage'), sendAll(THREE, 1)), at('30s', notify()), at('3m', closes('outage'))],
  );

  notices('of nothing, when there is no channel', '10m', { agents: THREE, faults: OUTAGE }, [
    ...settled(THREE),
    at('10s', opens('outage'), sendAll(THREE, 1)),
    at('3m', closes('outage')),
  ]);

  notices('of more agents than have a place in a sentence', '5m', { agents: SEVEN, faults: OUTAGE }, [
    at('0s', notify()),
    ...settled(SEVEN),
    at('10s', opens('outage'), sendAll(SEVEN, 1)),
    at('1m', closes('outage')),
  ]);

  notices('of two files: each by its own channel, of a common trouble by both', '5m', { agents: [], faults: OUTAGE }, [
    at('0s', notify(), notify('/srv/other.ts', 'page-them')),
    at(
      '0s',
      declare(named('ada')),
      declare(named('bob', { file: '/srv/other.ts' })),
      declare(named('cyd', { file: null })),
    ),
    ...settled(THREE),
    at('10s', opens('outage'), sendAll(THREE, 1)),
    at('1m', closes('outage')),
    at('2m', note('bob alone'), rejectedTurn(failure('model', 404, 'req_m', 'no such model'), 'bob')),
    at('3m', note('cyd stands in no file'), rejectedTurn(failure('model', 404, 'req_n', 'no such model'), 'cyd')),
  ]);

  notices('of an agent that ends again and again: once', '2h', { agents: ONE }, [
    at('0s', notify()),
    ...settled(ONE),
    at('10s', exits(1, null, 'Segmentation fault')),
    at('12s', exits(1, null, 'Segmentation fault')),
    at('15s', exits(1, null, 'Segmentation fault')),
    at('20s', exits(1, null, 'Segmentation fault')),
    at('30s', exits(1, null, 'Segmentation fault')),
    at('31m', note('the probe'), exits(1, null, 'Segmentation fault')),
    at('40m', start()),
    at('41m', exits(1, null, 'Segmentation fault')),
  ]);

  notices(
    'of an agent that cannot be started',
    '1h',
    { agents: [named('ada', { restart: { ...ADA.restart, crashesMax: 1 } })] },
    [at('0s', notify()), at('1s', start()), at('1.1s', exits(127, null, 'claude: not found'))],
  );

  notices('of a trouble that goes over into another', '5m', { agents: ONE }, [
    at('0s', notify()),
    ...settled(ONE),
    at('10s', rejectedTurn(throttled('req_1'))),
    at('20s', rejectedTurn(unauthorized('req_2'))),
    at('1m', sendTo('ada', 1)),
  ]);

  notices('of two troubles that turn out to be one', '10m', { agents: quietCrew(2) }, [
    at('0s', notify()),
    ...settled(quietCrew(2)),
    at('10s', rejectedTurn(unauthorized('req_1'), 'ada')),
    at('1m 11s', rejectedTurn(unauthorized('req_2'), 'bob')),
    at('1m 20s', note('the new process of bob is rejected, too'), rejectedTurn(unauthorized('req_3'), 'bob')),
    at('5m', sendTo('ada', 1), sendTo('bob', 1)),
  ]);

  notices('of every cause, once it is acted upon', '1h', { agents: [] }, [
    at('0s', notify()),
    ...(
      [
        'throttled',
        'capped',
        'overloaded',
        'server',
        'network',
        'auth-transient',
        'billing',
        'account',
        'config',
        'model',
        'transcript-poisoned',
        'message',
        'unknown',
      ] as const
    ).flatMap((kind, index) => {
      const name = `agent-${index}`;
      const spec = named(name, { credentials: [`of ${name}`], claude: { ...ADA.claude, model: null } });
      return [
        at(`${index * 120 + 1}s`, note(kind), declare(spec), start(name)),
        at(`${index * 120 + 10}s`, rejectedTurn(failure(kind, null, `req_${index}`, `it says ${kind}`), name)),
      ];
    }),
  ]);
});
