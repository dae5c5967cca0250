import { describe } from 'vitest';
import { at, exits, habits, scenario, send, spawnFailed, start, WORKING } from './scenario.ts';
import { closes, crew, during, named, opens, sendAll, sendTo, settled, story } from './story.ts';

describe('why a process ended', () => {
  scenario('killed for want of memory', '20s', [
    ...WORKING,
    at('10s', send('m2')),
    at('11s', exits(137, 'oom', 'Out of memory: Killed process')),
  ]);

  scenario('ended by a signal that nobody here sent', '20s', [...WORKING, at('10s', exits(139))]);
});

describe('an agent that cannot even start in the midst of a window', () => {
  story(
    'the canary cannot be spawned: another one tries',
    '3m',
    { agents: crew(3), faults: [during('outage', '401')] },
    [
      ...settled(crew(3)),
      at('10s', opens('outage'), sendAll(crew(3), 1)),
      at('34s', closes('outage'), habits({ spawned: null })),
      at('34.3s', spawnFailed('the folder is missing', 'bob'), habits({ spawned: 20 })),
    ],
  );

  story(
    'not logged in from its first turn on',
    '35m',
    { agents: [named('ada')], faults: [during('out', 'notLoggedIn')] },
    [at('0s', opens('out'), start()), at('1s', sendTo('ada', 1)), at('20m', closes('out'))],
  );
});
