import { describe, expect, test } from 'vitest';
import { explain } from '../../src/kernel/explain.ts';
import { ADA, agentIn, MAX } from './fleet-of.ts';
import {
  all,
  at,
  daemonBegins,
  daemonDies,
  daemonEnds,
  exits,
  given,
  habits,
  neverSpawned,
  note,
  pause,
  play,
  reboots,
  resume,
  scenario,
  start,
  stop,
  tick,
  vanish,
  type Act,
} from './scenario.ts';

/** What comes up after the machine, or the container, was restarted. */

const named = (name: string, change: Partial<typeof ADA> = {}): typeof ADA => ({ ...ADA, ...change, name });
const other: Act = (world) =>
  world.submit({ type: 'credential-declared', spec: { ...MAX, name: 'other', from: { env: 'OTHER_TOKEN' } } });
const startAll = (...names: readonly string[]): Act => all(...names.map((name) => start(name)));
const crashes = (...names: readonly string[]): Act => all(...names.map((name) => exits(1, null, '', name)));

const FOUR = [named('ada'), named('bob'), named('cyd'), named('dan', { credentials: ['other'] })];

describe('a reboot', () => {
  scenario(
    'after a reboot agents come up one a second on each credential',
    '40s',
    [
      at('0s', other, startAll('ada', 'bob', 'cyd', 'dan')),
      at('5s', given('ada, bob and cyd share a credential, dan has another one; all are up'), reboots('30s')),
      at('35s', vanish(['ada', 'bob', 'cyd', 'dan'])),
    ],
    ...FOUR,
  );

  scenario(
    'after a reboot who was stopped or is paused is left alone, and who is asked for comes at once',
    '50s',
    [
      at('0s', startAll('ada', 'bob', 'cyd')),
      at('2s', stop('ada'), pause('bob')),
      at('5s', given('ada is stopped, bob is paused'), reboots('30s')),
      at('35s', vanish(['bob', 'cyd'])),
      at('35.5s', start('ada')),
      at('40s', resume('bob')),
    ],
    ...FOUR.slice(0, 3),
  );

  scenario(
    'starts that fell due while the machine was down are spread',
    '2m',
    [
      at('0s', startAll('ada', 'bob', 'cyd')),
      at('2s', crashes('ada', 'bob', 'cyd')),
      at('2.5s', pause('cyd'), given('all three have crashed and are started again in a second; cyd is paused')),
      at('2.6s', reboots('30s')),
      at('33s', note('the new daemon'), tick()),
    ],
    ...FOUR.slice(0, 3),
  );

  scenario(
    'an end by the machine is no crash, whatever was noted of it and whatever the restart policy says',
    '50s',
    [
      at('0s', startAll('ada', 'bob', 'cyd')),
      at('5s', given('ada is never restarted, bob and cyd after a failure'), reboots('30s')),
      at('35s', exits(143, null, '', 'ada'), exits(143, null, '', 'bob')),
      at('36s', note('cyd had done its work'), exits(0, null, '', 'cyd')),
    ],
    named('ada', { restart: { ...ADA.restart, when: 'never' } }),
    ...['bob', 'cyd'].map((name) => named(name, { restart: { ...ADA.restart, when: 'failure' } })),
  );

  scenario('a start that the reboot cut off waits for its turn', '40s', [
    at('0s', habits({ spawned: null }), start()),
    at('1s', given('ada was about to be started'), reboots('30s'), habits({ spawned: 20 })),
    at('31s', neverSpawned()),
  ]);

  test('explain says that the machine was restarted and when an agent is started', () => {
    const world = play(
      '35.1s',
      [at('0s', startAll('ada', 'bob', 'cyd')), at('5s', reboots('30s')), at('35s', vanish(['ada', 'bob', 'cyd']))],
      ...FOUR.slice(0, 3),
    );
    expect(explain(world.fleet, agentIn(world.fleet, 'cyd'), world.moment)).toEqual({
      is: 'cyd is down and will be started again.',
      why: 'The machine was restarted, which ended its process.',
      next: 'The next start is at 2026-01-01T00:00:37.050Z.',
      todo: 'What it printed: agentvisor logs cyd; start it now: agentvisor restart cyd',
    });
    expect(agentIn(world.fleet, 'cyd').crashes).toMatchObject({ count: 0, recent: [] });
  });
});

describe('the daemon of a container', () => {
  scenario(
    'agents that were stopped with their daemon come up with the next one, those that were down do not',
    '30s',
    [
      at('0s', startAll('ada', 'bob', 'dan')),
      at('5s', exits(0, null, '', 'dan'), given('ada and bob are up, cyd is down, dan has done its work')),
      at('6s', daemonEnds()),
      at('10s', daemonDies()),
      at('11s', daemonBegins()),
      at('20s', note('another daemon changes nothing'), daemonDies(), daemonBegins()),
    ],
    ...FOUR.slice(0, 3),
    named('dan', { restart: { ...ADA.restart, when: 'never' } }),
  );

  scenario(
    'a daemon that dies while it stops its agents leaves it to the next one to start them',
    '30s',
    [
      at('0s', startAll('ada', 'bob')),
      at('5s', given('both are up'), habits({ termed: null }), daemonEnds()),
      at('5.1s', note('bob is not to come back'), stop('bob'), daemonDies(), habits({ termed: 100 })),
      at('6s', exits(143, null, '', 'ada'), exits(143, null, '', 'bob'), daemonBegins()),
    ],
    ...FOUR.slice(0, 2),
  );
});
