import { expect, test } from 'vitest';
import { causeNow, explain, explanationText } from '../../src/kernel/explain.ts';
import { agentIn } from './fleet-of.ts';
import {
  at,
  exits,
  expired,
  failure,
  habits,
  ms,
  pause,
  play,
  rejectedTurn,
  restart,
  send,
  spawnFailed,
  start,
  stop,
  throttled,
  turnStarts,
  unauthorized,
  WORKING,
  type Act,
  type Move,
} from './scenario.ts';
import { closes, crew, during, opens, perform, sendAll, settled } from './story.ts';
import type { World } from './world.ts';

const of = (world: World, name = 'ada'): string =>
  explanationText(explain(world.fleet, agentIn(world.fleet, name), world.moment));

const said = (until: string, ...moves: readonly Move[]): string => of(play(until, [...WORKING, ...moves]));

const window = (until: string): World =>
  perform(until, { agents: crew(3), faults: [during('outage', '401')] }, [
    ...settled(crew(3)),
    at('10s', opens('outage'), sendAll(crew(3), 1)),
    ...[at('34s', closes('outage'))].filter((move) => move.ms < ms(until)),
  ]);

const ask = at('10s', send('m2'));
const rejected = at('11s', rejectedTurn(unauthorized('req_1')));
const again = at('13s', rejectedTurn(unauthorized('req_2')));
const limited = at('11s', rejectedTurn(throttled('req_1')));
const offline = at('11s', rejectedTurn(failure('network', null, null, 'Connection error.')));
const unpaid = at('11s', rejectedTurn(failure('billing', 400, 'req_1', 'Credit balance is too low')));
const dead = [at('11s', rejectedTurn(expired('req_1'))), at('13s', rejectedTurn(expired('req_2')))];

/** Four times before, and now. */
const crashesToo: Act = (world) => {
  const ada = agentIn(world.fleet);
  const recent = Array.from({ length: 4 }, () => world.moment);
  const crashes = { count: 4, delayMs: 8_000, recent, looping: false };
  world.fleet = { ...world.fleet, agents: { ada: { ...ada, crashes } } };
  exits(1, null, 'Segmentation fault')(world);
};

const TOLD: Readonly<Record<string, string>> = {
  'it is up': said('6s'),
  'it is in a turn': said('7s', at('6s', send('m2')), at('6.1s', turnStarts(), send('m3'))),
  'two messages wait': said('7s', at('6s', send('m2')), at('6.1s', turnStarts(), send('m3'), send('m4'))),
  'it is to be reloaded': said('7s', at('6s', turnStarts()), at('6.5s', restart('ada', 'after-turn'))),
  'it is paused': said('7s', at('6s', pause())),
  'it has crashed': said('6.5s', at('6s', exits(1, null, 'Segmentation fault'))),
  'it cannot be started': of(
    play('1s', [
      at('0s', habits({ spawned: null }), start()),
      at('0.1s', spawnFailed('The folder /srv/ada does not exist.')),
    ]),
  ),
  'it is down': said('7s', at('6s', stop())),
  'it is starting': of(play('1s', [at('0s', habits({ initialized: null }), start())])),
  'it is being stopped': said('6.1s', at('6s', habits({ termed: null }), stop())),
  'its attempt has begun': said('11.05s', ask, rejected),
  'its new process must answer': said('12s', ask, rejected),
  'it waits for its time': said('15s', ask, rejected, again),
  'it is limited and asked again later': said('15s', ask, limited),
  'it is limited and being asked again': said('41.01s', ask, limited),
  'it cannot reach the API': said('15s', ask, offline),
  'a person must pay': said('15s', ask, unpaid),
  'its credential is dead': said('15s', ask, ...dead),
  'it is paused in its trouble': said('16s', ask, rejected, again, at('15s', pause())),
  'it crashed while it waits': said('16s', ask, rejected, again, at('15s', exits(1))),
  'another one tries for it': of(window('13s'), 'bob'),
  'it may be the next to try': of(window('20s'), 'bob'),
  'it tries for the others': of(window('34.5s'), 'bob'),
  'it follows': of(window('35s'), 'cyd'),
  'it crashed too often while it waits': said('31s', ask, rejected, again, at('14s', crashesToo)),
};

test('an operator is told what is, why, what happens next and what to do', async () => {
  const parts = Object.entries(TOLD).map(([when, text]) => `# ${when}\n${text}`);
  await expect(`${parts.join('\n\n')}\n`).toMatchFileSnapshot('./scenarios/what-is-explained.txt');
});

test('the cause of an agent is that of its trouble, else that of its end while it is down, else there is none', () => {
  const causeAt = (until: string, ...moves: readonly Move[]): string | null => {
    const world = play(until, [...WORKING, ...moves]);
    return causeNow(world.fleet, agentIn(world.fleet));
  };
  expect(causeAt('9s')).toBeNull();
  expect(causeAt('12s', ask, limited)).toBe('throttled');
  expect(causeAt('14s', ask, ...dead)).toBe('auth-credential');
  expect(causeAt('10s', at('9900ms', exits(1)))).toBe('crash');
  const never = play('1s', []);
  expect(causeNow(never.fleet, { ...agentIn(play('9s', WORKING).fleet), lastExit: null })).toBeNull();
  const waiting = agentIn(play('10s', [...WORKING, at('9900ms', exits(1))]).fleet);
  expect(causeNow(never.fleet, { ...waiting, lastExit: null })).toBeNull();
});
