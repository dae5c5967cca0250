import { describe } from 'vitest';
import {
  all,
  at,
  filesFound,
  filesRefuse,
  filesTake,
  note,
  pause,
  restart,
  resume,
  rotates,
  spawnFailed,
  start,
  stop,
  undoes,
  type Act,
} from './scenario.ts';
import { crew, during, named, opens, quiet, quietCrew, sendAll, sendTo, settled, story } from './story.ts';

const THREE = crew(3);
const FIVE = crew(5);
const NEW = 'ffff0000';
const REVOKED = during('revoked', '403revoked', { when: { token: 'ab12cd34' } });
const BAD = during('bad', '401expired', { when: { token: NEW } });

describe('a secret is replaced', () => {
  story('one idle agent tries the new secret, the others follow one at a time', '1m', { agents: THREE }, [
    ...settled(THREE),
    at('10s', rotates(NEW)),
  ]);

  story('a revoked token under five agents is replaced and all come back', '2m', { agents: FIVE, faults: [REVOKED] }, [
    ...settled(FIVE),
    at('10s', opens('revoked'), sendAll(FIVE, 1)),
    at('1m', rotates(NEW)),
  ]);

  story(
    'a bad secret costs the one that tries it a turn and the others nothing',
    '1m',
    { agents: THREE, faults: [BAD] },
    [...settled(THREE), at('9s', opens('bad')), at('10s', rotates(NEW)), at('11s', sendAll(THREE, 1))],
  );

  story(
    'a bad secret under a revoked one leaves all held where they were',
    '3m',
    { agents: THREE, faults: [BAD, REVOKED] },
    [...settled(THREE), at('10s', opens('revoked'), opens('bad'), sendAll(THREE, 1)), at('1m', rotates(NEW))],
  );

  story(
    'who is at work takes the new secret between its turns',
    '2m',
    { agents: THREE, faults: [{ when: { contains: 'b1' }, do: { delayMs: 20_000 } }] },
    [...settled(THREE), at('8s', sendTo('bob', 1)), at('10s', rotates(NEW), sendTo('bob', 2), sendTo('ada', 1))],
  );

  story(
    'agents that are asked nothing take it without a proof, and the old one is kept until they have answered',
    '2m',
    { agents: quietCrew(3) },
    [...settled(quietCrew(3)), at('10s', rotates(NEW)), at('1m', sendTo('bob', 1)), at('1m 10s', sendTo('cyd', 1))],
  );

  story("nobody is up: the new secret takes the old one's place at once", '30s', { agents: THREE }, [
    at('1s', rotates(NEW)),
    at('10s', start('ada')),
  ]);

  story('who is stopped or paused is not waited for', '2m', { agents: THREE }, [
    ...settled(THREE),
    at('8s', stop('ada'), pause('bob')),
    at('10s', rotates(NEW)),
    at('40s', resume('bob'), start('ada')),
    at('50s', sendTo('bob', 1)),
  ]);

  story('the agent that tries it is stopped: another one tries', '1m', { agents: THREE }, [
    ...settled(THREE),
    at('10s', rotates(NEW)),
    at('10s 100ms', stop('ada')),
  ]);

  story('an operator gives it up while it is tried, and while the others take it', '2m', { agents: THREE }, [
    ...settled(THREE),
    at('10s', rotates(NEW)),
    at('10s 100ms', undoes()),
    at('30s', rotates(NEW)),
    at('31s', undoes()),
    at('1m', note('what is over is not given up'), undoes()),
  ]);

  story(
    'a second rotation waits for the end of the first, and the old secret is not taken again',
    '1m',
    { agents: THREE },
    [
      ...settled(THREE),
      at('10s', rotates(NEW)),
      at('10s 10ms', rotates('eeee0000')),
      at('30s', rotates('ab12cd34')),
      at('31s', rotates(NEW)),
      at('32s', rotates('eeee0000')),
    ],
  );

  story('a restart that somebody asks for in the middle does no harm', '1m', { agents: THREE }, [
    ...settled(THREE),
    at('10s', rotates(NEW)),
    at('10s 50ms', restart('ada'), restart('bob')),
  ]);
});

describe('agents that are down', () => {
  story('the secret that keeps them down is replaced: they are started with the new one', '2m', { agents: THREE }, [
    at('0s', (world) => (world.habits = { ...world.habits, spawned: null })),
    at('1s', start('ada'), start('bob')),
    at('1s 100ms', spawnFailed('there is no file'), spawnFailed('there is no file', 'bob')),
    at('1s 200ms', (world) => (world.habits = { ...world.habits, spawned: 20 }), rotates(NEW)),
  ]);
});

describe('the disk', () => {
  story('what cannot be staged is undone at once', '30s', { agents: THREE }, [
    ...settled(THREE),
    at('10s', filesRefuse('no space left'), rotates(NEW)),
  ]);

  story('what cannot be put in its place is tried again', '2m', { agents: THREE }, [
    ...settled(THREE),
    at('10s', rotates(NEW)),
    at('10s 500ms', filesRefuse('permission denied')),
    at('1m 20s', filesRefuse(null)),
  ]);

  story('what cannot be removed is tried again', '3m', { agents: THREE, faults: [BAD] }, [
    ...settled(THREE),
    at('9s', opens('bad')),
    at('10s', rotates(NEW)),
    at('10s 100ms', filesRefuse('permission denied')),
    at('1m', filesRefuse(null)),
  ]);

  story('a daemon that dies before the new secret is written has changed nothing', '30s', { agents: THREE }, [
    ...settled(THREE),
    at('10s', filesTake(null), rotates(NEW)),
    at(
      '12s',
      all((world) => world.forget()),
      filesTake(20),
      filesFound(),
    ),
  ]);

  story('a daemon that dies while all have it goes on to the end', '1m', { agents: THREE }, [
    ...settled(THREE),
    at('10s', rotates(NEW)),
    at('10s 200ms', filesTake(null)),
    at('20s', note('the new daemon looks'), filesTake(20), filesFound()),
  ]);
});

describe('a source changes by itself', () => {
  story(
    'healthy agents get a changed secret one at a time, but for those that keep what they have',
    '1m',
    {
      agents: [named('ada'), named('bob'), named('cyd', { rotate: { onChange: 'hold' } }), quiet('dan')],
    },
    [
      ...settled([named('ada'), named('bob'), named('cyd', { rotate: { onChange: 'hold' } }), quiet('dan')]),
      at('10s', (world) => {
        world.fingerprints.set('max', NEW);
        world.submit({ type: 'credential-changed', credential: 'max', fingerprint: NEW, byPerson: true });
      }),
    ],
  );

  story('a changed secret that is bad stops at the first agent', '2m', { agents: THREE, faults: [BAD] }, [
    ...settled(THREE),
    at('9s', opens('bad')),
    at('10s', (world) => {
      world.fingerprints.set('max', NEW);
      world.submit({ type: 'credential-changed', credential: 'max', fingerprint: NEW, byPerson: true });
    }),
  ]);

  story('a new sign-in renews the processes that began before it', '1m', { agents: crew(2) }, [
    ...settled(crew(2)),
    at('10s', (world) =>
      world.submit({ type: 'credential-changed', credential: 'max', fingerprint: null, byPerson: true }),
    ),
  ]);
});

describe('a source changes to what cannot be used', () => {
  const changesTo =
    (fingerprint: string): Act =>
    (world) =>
      world.submit({ type: 'credential-changed', credential: 'max', fingerprint, byPerson: true });

  story(
    'what one agent cannot be started with is brought to no other, and what was replaced to nobody',
    '3m',
    { agents: THREE },
    [
      ...settled(THREE),
      at('9s', (world) => (world.habits = { ...world.habits, spawned: null })),
      at('10s', changesTo(NEW)),
      at('11s', spawnFailed('the file is not used')),
      at('12s', (world) => (world.habits = { ...world.habits, spawned: 20 })),
      at('30s', rotates(NEW)),
      at('2m', changesTo('ab12cd34')),
    ],
  );
});
