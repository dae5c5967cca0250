import { expect, test } from 'vitest';
import { ADA } from './fleet-of.ts';
import {
  at,
  exits,
  expired,
  failure,
  given,
  habits,
  pause,
  play,
  rejectedTurn,
  remove,
  restart,
  send,
  start,
  stop,
  turnStarts,
  unauthorized,
  WORKING,
  type Act,
  type Move,
} from './scenario.ts';

/** How an agent gets into each state; the verb comes at 2 min. */
const STATES: Readonly<Record<string, readonly Move[]>> = {
  stopped: [],
  'stopped by its policy': [...WORKING, at('1m 50s', exits(0))],
  'starting without a process': [at('1m 59s', habits({ spawned: null }), start())],
  starting: [at('1m 59s', habits({ initialized: null }), start())],
  running: [...WORKING],
  'in a turn': [...WORKING, at('1m 50s', send('m2')), at('1m 51s', turnStarts())],
  interrupting: [
    ...WORKING,
    at('1m 50s', send('m2')),
    at('1m 51s', turnStarts(), habits({ interrupted: null })),
    at('1m 55s', stop()),
  ],
  terminating: [...WORKING, at('1m 58s', habits({ termed: null }), stop())],
  killing: [...WORKING, at('1m 54s', habits({ termed: null, killed: null }), stop())],
  sweeping: [...WORKING, at('1m 58s', habits({ swept: null }), stop())],
  'sweeping after a crash': [...WORKING, at('1m 59s', habits({ swept: null }), exits(1))],
  waiting: [...WORKING, at('1m 59.5s', exits(1))],
  errored: [
    ...WORKING,
    at('10s', exits(1)),
    at('12s', exits(1)),
    at('15s', exits(1)),
    at('20s', exits(1)),
    at('30s', exits(1)),
  ],
  quiet: [
    ...WORKING,
    at('1m 50s', send('m2')),
    at('1m 51s', rejectedTurn(unauthorized('req_1'))),
    at('1m 53s', rejectedTurn(unauthorized('req_2'))),
  ],
  'replacing its process': [
    ...WORKING,
    at('1m 50s', send('m2')),
    at('1m 59.5s', habits({ termed: null, killed: null }), rejectedTurn(unauthorized('req_1'))),
  ],
  verifying: [...WORKING, at('1m 50s', send('m2')), at('1m 51s', rejectedTurn(unauthorized('req_1')))],
  held: [
    ...WORKING,
    at('1m 50s', send('m2')),
    at('1m 51s', rejectedTurn(failure('billing', 400, 'req_1', 'Credit balance is too low'))),
  ],
  'held for its credential': [
    ...WORKING,
    at('1m 40s', send('m2')),
    at('1m 41s', rejectedTurn(expired('req_1'))),
    at('1m 45s', rejectedTurn(expired('req_2'))),
  ],
};

const VERBS: Readonly<Record<string, Act>> = {
  start: start(),
  stop: stop(),
  restart: restart(),
  'restart now': restart('ada', 'now'),
  reload: restart('ada', 'after-turn'),
  pause: pause(),
  delete: remove(),
};

for (const [verb, act] of Object.entries(VERBS)) {
  test(`an operator's ${verb} in every state`, async () => {
    const parts = Object.entries(STATES).map(([state, moves]) => {
      const spec =
        state === 'stopped by its policy' ? { ...ADA, restart: { ...ADA.restart, when: 'never' as const } } : ADA;
      const obliging = habits({ spawned: 20, initialized: 400, interrupted: 200, termed: 100, killed: 20, swept: 50 });
      const world = play('2m 20s', [...moves, at('2m', given(`ada is ${state}`), act, obliging)], spec);
      return world.lines.join('\n');
    });
    const name = `operator ${verb} in every state`;
    const text = `# ${name}, at 120 s\n\n${parts.join('\n\n\n')}\n`;
    await expect(text).toMatchFileSnapshot(`./scenarios/${name.replaceAll(' ', '-')}.txt`);
  });
}
