import { expect, test } from 'vitest';
import { explain } from '../../src/kernel/explain.ts';
import { agentIn, MAX } from './fleet-of.ts';
import { at, ms, reset, type Act } from './scenario.ts';
import { during, named, opens, perform, sendTo, settled } from './story.ts';

const ADA = [named('ada', { credentials: ['max', 'spare'] })];
const declareSpare: Act = (world) => {
  world.fingerprints.set('spare', 'of spare');
  world.submit({ type: 'credential-declared', spec: { ...MAX, name: 'spare' } });
};

function nextAt(until: string): string {
  const world = perform(
    until,
    { agents: ADA, faults: [during('revoked', '403revoked', { when: { token: 'ab12cd34' } })] },
    [
      at('0s', declareSpare),
      ...settled(ADA),
      at('10s', opens('revoked'), sendTo('ada', 1)),
      ...[at('1m', reset('ada'))].filter((move) => move.ms < ms(until)),
    ],
  );
  return explain(world.fleet, agentIn(world.fleet), world.moment).next;
}

test('an agent that works on another credential says so, and when it tries its own one again', () => {
  expect(nextAt('30s')).toMatch(/^It works on 'spare' while 'max' is in trouble, which is tried again at \S+Z\.$/);
});

test('an agent that tries its own credential again says what follows', () => {
  expect(nextAt('1m 1s')).toBe("It tries 'max' again; should that still be refused, it goes on with 'spare'.");
});
