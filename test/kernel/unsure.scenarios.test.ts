import { describe, expect, test } from 'vitest';
import { deliveryUuid } from '../../src/kernel/ids.ts';
import { ADA, agentIn, fleetOf, uuidOf } from './fleet-of.ts';
import {
  adopted,
  answers,
  at,
  caughtUp,
  daemonDies,
  ends,
  exits,
  goodTurn,
  habits,
  ms,
  note,
  notWritten,
  pause,
  restart,
  resume,
  says,
  scenario,
  send,
  turnStarts,
  WORKING,
  type Move,
} from './scenario.ts';
import { World } from './world.ts';

/** A delivery is written again after a crash in which nobody knows whether it had arrived, and that write fails, too. */

const echo = (id: string, n: number) => says({ fact: 'accepted', uuid: deliveryUuid(uuidOf(id), n) });

/** The daemon has died with m2 on its way; the next one has written it again. */
const UNSURE: readonly Move[] = [
  ...WORKING,
  at('6s', habits({ echoed: null }), send('m2'), daemonDies()),
  at('8s', adopted(), caughtUp()),
];

describe('a delivery that cannot be written again', () => {
  scenario('unsure and not written again: the process is replaced at once, and the next one is asked', '30s', [
    ...UNSURE,
    at('8.1s', notWritten(false), send('m3')),
    at('10s', echo('m2', 2), goodTurn('msg_2')),
    at('11s', echo('m3', 1), goodTurn('msg_3')),
  ]);

  scenario('unsure and not written again, and answered before the process is gone: it is not asked again', '30s', [
    ...UNSURE,
    at('8.1s', habits({ killed: null }), notWritten(false)),
    at('8.2s', turnStarts(), echo('m2', 1), answers('msg_2'), ends('good'), habits({ killed: 20 })),
  ]);

  scenario('unsure and cut the second time: the turn that was accepted comes to its end, and no other begins', '30s', [
    ...UNSURE,
    at('8.1s', turnStarts(), echo('m2', 1), send('m3')),
    at('8.2s', note('the second copy'), notWritten(true)),
    at('9s', answers('msg_2'), ends('good')),
    at('12s', echo('m3', 1), goodTurn('msg_3')),
  ]);

  scenario('unsure and not written again behind the end of a turn of its own: the process is replaced, too', '30s', [
    ...UNSURE,
    at('8.1s', turnStarts(), answers('msg_own'), ends('good')),
    at('8.2s', notWritten(false)),
    at('10s', echo('m2', 2), goodTurn('msg_2')),
  ]);

  scenario('unsure and not written again while paused: it is left alone, though another daemon finds it so', '30s', [
    ...UNSURE,
    at('8.1s', pause(), notWritten(false), daemonDies()),
    at('9s', adopted(), caughtUp(), note('it is not written a third time')),
    at('10s', resume()),
    at('12s', echo('m2', 2), goodTurn('msg_2')),
  ]);
});

function played(until: string, ...moves: readonly Move[]): World {
  const world = new World(fleetOf(ADA));
  for (const move of [...UNSURE, ...moves]) {
    world.runUntil(move.ms);
    for (const act of move.acts) act(world);
  }
  world.runUntil(ms(until));
  return world;
}

test('a message that was cut again and again by daemons that died has not failed by its own fault', () => {
  const again = (when: string): Move => at(when, notWritten(true));
  const died = (when: string, then: string): readonly Move[] => [
    at(when, daemonDies()),
    at(then, adopted(), caughtUp()),
  ];
  const world = played(
    '25s',
    again('8.1s'),
    ...died('10s', '11s'),
    again('11.1s'),
    ...died('13s', '14s'),
    again('14.1s'),
  );
  const { queue, counts } = agentIn(world.fleet);
  expect(counts.byCause.crash).toBe(3);
  expect(queue).toMatchObject([{ id: uuidOf('m2'), state: 'sent', deliveries: 4, badDeliveries: 0 }]);
});

describe('the restart that follows', () => {
  test('is the one that an operator has asked for, which need not wait for the end of a turn any more', () => {
    const world = played('20s', at('8.1s', restart('ada', 'after-turn')), at('8.2s', notWritten(false)));
    expect(agentIn(world.fleet).counts).toMatchObject({ restarts: 1, byCause: { operator: 1 } });
  });

  test('of a process that was cut waits for the end of its turn like the one that an operator has asked for', () => {
    const world = played(
      '20s',
      at('8.1s', turnStarts(), echo('m2', 1), restart('ada', 'after-turn')),
      at('8.2s', notWritten(true)),
      at('9s', answers('msg_2'), ends('good')),
    );
    expect(agentIn(world.fleet).counts).toMatchObject({ restarts: 1, byCause: { operator: 1 } });
    expect(agentIn(world.fleet).finished.at(-1)).toMatchObject({ id: uuidOf('m2'), state: 'answered', deliveries: 1 });
  });

  test('is no other one for a process that has ended by itself: its backoff is kept', () => {
    const world = played('8.5s', at('8.1s', exits(1), notWritten(false)));
    expect(agentIn(world.fleet).state).toMatchObject({ at: 'waiting', cause: 'crash' });
  });
});
