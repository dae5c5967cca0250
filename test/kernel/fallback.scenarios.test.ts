import { describe } from 'vitest';
import type { AgentSpec, CredentialSpec } from '../../src/kernel/spec.ts';
import { ADA, MAX, START_WALL } from './fleet-of.ts';
import {
  at,
  credentialChanges,
  declare,
  habits,
  note,
  notify,
  pause,
  reset,
  restart,
  resume,
  rotates,
  spawnFailed,
  stop,
  type Act,
} from './scenario.ts';
import { closes, crew, during, named, opens, quiet, sendAll, sendTo, settled, story } from './story.ts';

const NEW = 'ffff0000';
const SPARE = { credentials: ['max', 'spare'] };
const TWO = crew(2, SPARE);
const REVOKED = during('revoked', '403revoked', { when: { token: 'ab12cd34' } });
const SPARE_DEAD = during('spare dead', '403revoked', { when: { token: 'of spare' } });
const CAPPED = during('capped', '429cap', {
  when: { token: 'ab12cd34' },
  do: { resetsAt: START_WALL / 1_000 + 3_600 },
});

const declareSpare =
  (change: Partial<CredentialSpec> = {}, name = 'spare'): Act =>
  (world) => {
    world.fingerprints.set(name, `of ${name}`);
    world.submit({ type: 'credential-declared', spec: { ...MAX, name, ...change } });
  };
/** Each turn of each agent costs a dollar. */
const costs: Act = (world) => (world.turnUsd = 1);
const begun = (agents: readonly AgentSpec[], spare: Partial<CredentialSpec> = {}) => [
  at('0s', declareSpare(spare), notify()),
  ...settled(agents),
];

describe('the own credential is dead', () => {
  story(
    'its agents work on the next one and return when one of them is answered again',
    '2h',
    { agents: TWO, faults: [REVOKED] },
    [
      ...begun(TWO),
      at('10s', opens('revoked'), sendAll(TWO, 1)),
      at('1m', sendTo('bob', 2)),
      at('45m', closes('revoked')),
      at('1h 40m', sendAll(TWO, 3)),
    ],
  );

  story('a replaced secret is tried at once by one that had left it', '5m', { agents: TWO, faults: [REVOKED] }, [
    ...begun(TWO),
    at('10s', opens('revoked'), sendAll(TWO, 1)),
    at('1m', credentialChanges('max', NEW)),
  ]);

  story('a rotation that all have left is tried by them', '5m', { agents: TWO, faults: [REVOKED] }, [
    ...begun(TWO),
    at('10s', opens('revoked'), sendAll(TWO, 1)),
    at('1m', rotates(NEW)),
  ]);

  story(
    'an agent without another credential waits, and its answer brings the other one back',
    '40m',
    {
      agents: [named('ada'), named('bob', SPARE)],
      faults: [REVOKED],
    },
    [
      ...begun([named('ada'), named('bob', SPARE)]),
      at('10s', opens('revoked'), sendTo('ada', 1), sendTo('bob', 1)),
      at('20m', closes('revoked')),
    ],
  );

  story(
    'the next credential is dead, too: it waits on that until somebody acts',
    '70m',
    {
      agents: [named('ada', SPARE)],
      faults: [REVOKED, SPARE_DEAD],
    },
    [
      ...begun([named('ada', SPARE)]),
      at('10s', opens('revoked'), opens('spare dead'), sendTo('ada', 1)),
      at('40m', closes('revoked'), note('a person has mended it'), reset('ada')),
    ],
  );

  story(
    "an API key that is not billable is not used in another one's place",
    '2m',
    { agents: [named('ada', SPARE)], faults: [REVOKED] },
    [...begun([named('ada', SPARE)], { type: 'api-key' }), at('10s', opens('revoked'), sendTo('ada', 1))],
  );

  story('an operator lets it try its own one now', '5m', { agents: [named('ada', SPARE)], faults: [REVOKED] }, [
    ...begun([named('ada', SPARE)]),
    at('10s', opens('revoked'), sendTo('ada', 1)),
    at('1m', reset('ada')),
    at('2m', closes('revoked'), note('a restart alone keeps it where it is'), restart('ada')),
    at('3m', reset('ada')),
  ]);

  story(
    'who is paused does not return, and who is stopped begins with its own',
    '50m',
    { agents: TWO, faults: [REVOKED] },
    [
      ...begun(TWO),
      at('10s', opens('revoked'), sendAll(TWO, 1)),
      at('1m', pause('ada'), stop('bob')),
      at('2m', closes('revoked')),
      at('40m', resume('ada')),
    ],
  );

  story(
    'the other credential is no longer declared for it',
    '3m',
    { agents: [named('ada', SPARE)], faults: [REVOKED] },
    [
      ...begun([named('ada', SPARE)]),
      at('10s', opens('revoked'), sendTo('ada', 1)),
      at('1m', closes('revoked'), declare({ ...ADA, credentials: ['max'] })),
    ],
  );
});

describe('a cap', () => {
  story('lets nobody leave unless that was asked for', '2m', { agents: [named('ada', SPARE)], faults: [CAPPED] }, [
    ...begun([named('ada', SPARE)]),
    at('10s', opens('capped'), sendTo('ada', 1)),
  ]);

  story(
    'is left until it ends',
    '70m',
    { agents: [named('ada', { ...SPARE, fallback: { whenCapped: true } })], faults: [CAPPED] },
    [
      ...begun([named('ada', { ...SPARE, fallback: { whenCapped: true } })]),
      at('10s', opens('capped'), sendTo('ada', 1)),
      at('59m', closes('capped')),
    ],
  );
});

describe('what may be spent', () => {
  const PAID = { billable: true, ceilingUsd: 3 };

  story(
    "a credential in another one's place is left when it has cost what it may",
    '3m',
    { agents: TWO, faults: [REVOKED] },
    [
      ...begun(TWO, PAID),
      at('10s', costs, opens('revoked'), sendAll(TWO, 1)),
      at('1m', sendAll(TWO, 2)),
      at('2m', sendAll(TWO, 3)),
    ],
  );

  story(
    'an own credential begins no turn beyond its ceiling, until that is raised',
    '4m',
    { agents: [named('ada', { credentials: ['spare'] })] },
    [
      at('0s', declareSpare(PAID), notify(), costs),
      ...settled([named('ada', { credentials: ['spare'] })]),
      at('10s', sendTo('ada', 1), sendTo('ada', 2), sendTo('ada', 3)),
      at('1m', note('a restart alone is no money'), restart('ada')),
      at('2m', declareSpare({ ...PAID, ceilingUsd: 10 })),
    ],
  );
});

describe('on the way back', () => {
  const ADA_ONLY = [named('ada', SPARE)];

  story(
    'it crashes until its time is over, and goes on with the other one',
    '50m',
    { agents: ADA_ONLY, faults: [REVOKED] },
    [
      ...begun(ADA_ONLY),
      at('10s', opens('revoked'), sendTo('ada', 1)),
      at('20s', habits({ initialized: null })),
      at('1m', reset('ada')),
      at('40m', habits({ initialized: 10 }), note('the next try')),
    ],
  );

  story(
    'an agent that is asked nothing returns with its next message, or gives up',
    '80m',
    { agents: [quiet('ada', SPARE)], faults: [REVOKED] },
    [
      ...begun([quiet('ada', SPARE)]),
      at('10s', opens('revoked'), sendTo('ada', 1)),
      at('20s', restart('ada'), note('only an operator brings it to its hold')),
      at('31m', note('nobody asks it anything')),
      at('70m', closes('revoked'), sendTo('ada', 2)),
    ],
  );

  story('another own credential is declared for it meanwhile', '3m', { agents: ADA_ONLY, faults: [REVOKED] }, [
    ...begun(ADA_ONLY),
    at('9s', declareSpare({}, 'third')),
    at('10s', opens('revoked'), sendTo('ada', 1)),
    at('1m', declare({ ...ADA, credentials: ['third', 'spare'] })),
    at('2m', sendTo('ada', 2)),
  ]);

  story(
    'what is not declared is passed over, and what costs money without a ceiling is said so',
    '5m',
    {
      agents: [named('ada', { credentials: ['max', 'nobody', 'spare'] })],
      faults: [REVOKED],
    },
    [
      ...begun([named('ada', { credentials: ['max', 'nobody', 'spare'] })], { billable: true }),
      at('10s', costs, opens('revoked'), sendTo('ada', 1)),
      at('1m', closes('revoked'), reset('ada')),
    ],
  );

  story(
    'a spent credential gives way to the next one, and one that is spent meanwhile is not taken up again',
    '5m',
    {
      agents: crew(2, { credentials: ['max', 'spare', 'third'] }),
      faults: [REVOKED],
    },
    [
      ...begun(crew(2, { credentials: ['max', 'spare', 'third'] }), { billable: true, ceilingUsd: 1 }),
      at('9s', declareSpare({ billable: true, ceilingUsd: 4 }, 'third')),
      at('10s', costs, opens('revoked'), sendTo('ada', 1)),
      at('1m', sendTo('ada', 2)),
      at('2m', sendTo('bob', 2)),
      at('3m', sendTo('ada', 3), sendTo('bob', 3)),
      at('4m', reset('ada')),
      at('4m 100ms', sendTo('bob', 4)),
    ],
  );

  story(
    'what it would go on with has cost what it may meanwhile: it waits on its own',
    '3m',
    { agents: TWO, faults: [REVOKED] },
    [
      ...begun(TWO, { billable: true, ceilingUsd: 3 }),
      at('10s', costs, opens('revoked'), sendAll(TWO, 1)),
      at('1m', reset('ada')),
      at('1m 500ms', note('asked again while it tries'), reset('ada'), sendTo('bob', 2)),
      at('2m', sendTo('ada', 3)),
    ],
  );

  story(
    'it is limited until its time is over, and goes on with the other one',
    '12m',
    {
      agents: ADA_ONLY,
      faults: [REVOKED, during('busy', '429', { when: { token: 'ab12cd34' } })],
    },
    [
      ...begun(ADA_ONLY),
      at('10s', opens('revoked'), sendTo('ada', 1)),
      at('1m', closes('revoked'), opens('busy'), reset('ada')),
    ],
  );

  story(
    'a new declaration with the same credentials leaves it where it is',
    '2m',
    { agents: ADA_ONLY, faults: [REVOKED] },
    [
      ...begun(ADA_ONLY),
      at('10s', opens('revoked'), sendTo('ada', 1)),
      at('1m', declare({ ...ADA, ...SPARE, watch: { ...ADA.watch, turnSilenceMs: 60_000 } })),
    ],
  );

  story(
    'each other credential is told, also when one agent uses it before',
    '3m',
    {
      agents: [named('ada', { credentials: ['max', 'spare', 'key'] }), named('bob', { credentials: ['max', 'key'] })],
      faults: [REVOKED, SPARE_DEAD],
    },
    [
      at('0s', declareSpare({ billable: true, ceilingUsd: 100 }, 'key')),
      ...begun([named('ada', { credentials: ['max', 'spare', 'key'] }), named('bob', { credentials: ['max', 'key'] })]),
      at('10s', costs, opens('revoked'), sendTo('ada', 1)),
      at('30s', sendTo('bob', 1)),
      at('1m', opens('spare dead'), sendTo('ada', 2)),
    ],
  );

  story(
    'one whose other credential cannot be had is started with its own one when that is replaced',
    '3m',
    { agents: ADA_ONLY, faults: [REVOKED] },
    [
      ...begun(ADA_ONLY),
      at('10s', opens('revoked'), habits({ spawned: null }), restart('ada')),
      at('10s 500ms', spawnFailed("credential 'spare' comes from a variable")),
      at('11s', habits({ spawned: 10 })),
      at('15s', sendTo('ada', 1)),
      at('17s 500ms', habits({ spawned: null })),
      at('30s', spawnFailed("credential 'spare' comes from a variable")),
      at('30s 500ms', habits({ spawned: 10 }), closes('revoked'), credentialChanges('max', NEW)),
    ],
  );

  story(
    'the end of a cap is worth a try also for one that is held on the other credential',
    '70m',
    {
      agents: [named('ada', { ...SPARE, fallback: { whenCapped: true } })],
      faults: [CAPPED, SPARE_DEAD],
    },
    [
      ...begun([named('ada', { ...SPARE, fallback: { whenCapped: true } })]),
      at('10s', opens('capped'), opens('spare dead'), sendTo('ada', 1)),
      at('59m', closes('capped')),
    ],
  );

  story(
    'an own credential that has cost what it may is not tried again, nor asked for a proof',
    '40m',
    {
      agents: [named('ada', { credentials: ['spare', 'max'] })],
    },
    [
      ...begun([named('ada', { credentials: ['spare', 'max'] })], { billable: true, ceilingUsd: 1 }),
      at('9s', costs),
      at('10s', sendTo('ada', 1), sendTo('ada', 2)),
      at('35m', declareSpare({ billable: true, ceilingUsd: 100 })),
    ],
  );
});
