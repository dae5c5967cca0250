import { describe, expect, test } from 'vitest';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { ADA, agentIn } from './fleet-of.ts';
import { at, measured, measures, play, restart, send, start, turnStarts, WORKING, type Move } from './scenario.ts';
import type { World } from './world.ts';

const MAX = 1_000 * 2 ** 20;
const LIMITED: AgentSpec = { ...ADA, memory: { maxBytes: MAX } };
const IN_TURN: readonly Move[] = [...WORKING, at('10s', send('m2')), at('10.1s', turnStarts())];

const signals = ({ orders }: World): readonly string[] =>
  orders.flatMap(({ command }) => (command.type === 'interrupt' || command.type === 'signal' ? [command.type] : []));
const looks = ({ orders }: World, from: number): readonly number[] =>
  orders.flatMap(({ ms, command }) => (command.type === 'measure' && ms >= from ? [ms - from] : []));

describe('an agent that uses more memory than it may', () => {
  test('finishes its turn as long as it is not twice as much', () => {
    const world = play('12s', [...IN_TURN, at('11s', measured(0, 2 * MAX))], LIMITED);
    expect(agentIn(world.fleet)).toMatchObject({
      state: { at: 'running' },
      restart: { cause: 'memory', how: 'after-turn' },
    });
    expect(signals(world)).toEqual([]);
  });

  test('is interrupted at once beyond that, and its message is asked again in a new process', () => {
    const world = play('13s', [...IN_TURN, at('11s', measured(0, 2 * MAX + 1))], LIMITED);
    expect(signals(world)[0]).toBe('interrupt');
    expect(agentIn(world.fleet).counts.byCause).toEqual({ memory: 1 });
    expect(agentIn(world.fleet).queue).toMatchObject([{ deliveries: 2, badDeliveries: 1 }]);
  });

  test('is interrupted, too, when it already waits for the end of its turn, whoever wants it', () => {
    const early = at('11s', measured(0, MAX + 1));
    const own = play('13s', [...IN_TURN, early, at('12s', measured(0, 3 * MAX))], LIMITED);
    expect(signals(own)[0]).toBe('interrupt');
    const asked = play(
      '13s',
      [...IN_TURN, at('11s', restart('ada', 'after-turn')), at('12s', measured(0, 3 * MAX))],
      LIMITED,
    );
    expect(signals(asked)[0]).toBe('interrupt');
    expect(agentIn(asked.fleet).counts.byCause).toEqual({ operator: 1 });
  });

  test('is looked at more often until its turn ends', () => {
    const world = play('40s', [...IN_TURN, at('10.5s', measured(0, MAX + 1)), at('10.6s', measures(0))], LIMITED);
    expect(looks(world, 10_500)[0]).toBe(5_000);
  });

  test('is interrupted in its first turn, but not renewed for what it uses before', () => {
    const first = [at('0s', start()), at('1s', send('m1')), at('1.1s', turnStarts())];
    const large = play('3s', [...first, at('2s', measured(0, 3 * MAX))], LIMITED);
    expect(signals(large)[0]).toBe('interrupt');
    const larger = play('3s', [...first, at('2s', measured(0, MAX + 1))], LIMITED);
    expect(agentIn(larger.fleet).restart).toBeNull();
    const idle = play('3s', [at('0s', start()), at('2s', measured(0, 3 * MAX))], LIMITED);
    expect(signals(idle)).toEqual([]);
  });

  test('and whose message makes it so three times has that message failed, so that the next one comes', () => {
    const again = (from: number): readonly Move[] => [
      at(`${from}s`, turnStarts()),
      at(`${from + 1}s`, measured(0, 3 * MAX)),
    ];
    const world = play(
      '40s',
      [...WORKING, at('10s', send('m2')), ...again(11), ...again(15), ...again(19), at('30s', send('m3'))],
      LIMITED,
    );
    expect(agentIn(world.fleet).finished.at(-1)).toMatchObject({ state: 'failed', cause: 'memory' });
    expect(agentIn(world.fleet).queue).toHaveLength(1);
  });
});

test('a program is ended at once, since it has no turns', () => {
  const worker: AgentSpec = { ...LIMITED, mode: 'command', command: ['true'] };
  const world = play('6s', [at('0s', start()), at('3s', measured(0, MAX + 1))], worker);
  expect(agentIn(world.fleet).counts.byCause).toEqual({ memory: 1 });
});
