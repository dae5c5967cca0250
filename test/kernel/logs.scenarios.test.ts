import { describe, expect, test } from 'vitest';
import type { ProcessEvent } from '../../src/kernel/events.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { nextAttempt } from '../../src/kernel/deadlines.ts';
import { explain } from '../../src/kernel/explain.ts';
import { DROPPED_TOLD_MS } from '../../src/kernel/logs.ts';
import { ADA, agentIn } from './fleet-of.ts';
import {
  adopted,
  at,
  caughtUp,
  daemonDies,
  exits,
  goodTurn,
  measures,
  note,
  notify,
  pause,
  play,
  restart,
  resume,
  scenario,
  send,
  start,
  stop,
  turnStarts,
  WORKING,
  type Act,
} from './scenario.ts';

type Report<Type extends ProcessEvent['type']> = Omit<Extract<ProcessEvent, { type: Type }>, 'type' | 'agent' | 'run'>;

const grows =
  (bytes: number, change: Partial<Report<'log-grown'>> = {}): Act =>
  (world) => {
    const sizes = { file: 'stdout' as const, bytes, liveBytes: bytes, allBytes: bytes, urgent: false, ...change };
    world.submit({ type: 'log-grown', agent: 'ada', run: world.runOf('ada'), ...sizes });
  };
const standsStill =
  (upTo: number): Act =>
  (world) =>
    world.submit({ type: 'log-cutting', agent: 'ada', run: world.runOf('ada'), file: 'stdout', upTo });
const isCut =
  (base: number, problem: string | null = null, file: 'stdout' | 'stderr' = 'stdout'): Act =>
  (world) =>
    world.submit({ type: 'log-cut', agent: 'ada', run: world.runOf('ada'), file, base, problem });
const noted =
  (what: Report<'log-noted'>['what'], bytes = 0, offset = 70): Act =>
  (world) => {
    const run = world.runOf('ada');
    world.submit({ type: 'log-noted', agent: 'ada', run, file: 'stdout', what, at: offset, bytes });
  };
const drops =
  (bytes: number, lines: number, agent = 'ada'): Act =>
  (world) =>
    world.submit({ type: 'log-dropped', agent, bytes, lines });
const disk =
  (missingBytes: number): Act =>
  (world) =>
    world.submit({ type: 'disk', missingBytes });

const MB = 1_000_000;
const inTurn = [...WORKING, at('10s', send('m2')), at('10.1s', turnStarts())];
const onFull = (policy: AgentSpec['log']['onFull'], change: Partial<AgentSpec> = {}): AgentSpec => ({
  ...ADA,
  ...change,
  log: { ...ADA.log, onFull: policy },
});
const COMMAND: Partial<AgentSpec> = { mode: 'command', command: ['worker'], credentials: [] };

describe('an agent that has printed more than its log may hold', () => {
  scenario('is cut between two turns, and its next message waits for that', '20s', [
    ...inTurn,
    at('11s', note('it is left alone in its turn'), grows(51 * MB)),
    at('12s', send('m3'), goodTurn('msg_2')),
    at('12.1s', standsStill(51 * MB)),
    at('12.2s', isCut(51 * MB)),
    at('13s', goodTurn('msg_3')),
  ]);

  scenario(
    'is cut at once when it has no turns',
    '10s',
    [at('0s', start()), at('5s', grows(51 * MB), grows(52 * MB)), at('5.1s', standsStill(52 * MB), isCut(52 * MB))],
    { ...ADA, ...COMMAND },
  );

  scenario('is cut in its turn when that alone is more than the total, and the oldest goes before', '20s', [
    ...inTurn,
    at('11s', note('older output makes room'), grows(40 * MB, { liveBytes: 60 * MB, allBytes: 501 * MB })),
    at('12s', note('nothing older is left'), grows(490 * MB, { liveBytes: 501 * MB, allBytes: 501 * MB })),
    at('12.1s', standsStill(490 * MB), isCut(490 * MB)),
    at('13s', goodTurn('msg_2')),
  ]);

  scenario('is asked on when it cannot be cut, which is told once', '30s', [
    ...WORKING,
    at('10s', grows(51 * MB)),
    at('10.1s', isCut(0, 'its processes do not stand still')),
    at('11s', note('it is tried again when it is told of again'), grows(51 * MB)),
    at('11.1s', isCut(0, 'its processes do not stand still')),
    at('12s', grows(51 * MB)),
    at('12.1s', isCut(51 * MB)),
  ]);

  scenario('is left as it is while it is paused', '30s', [
    ...WORKING,
    at('10s', pause(), grows(51 * MB)),
    at('20s', resume(), isCut(51 * MB)),
  ]);

  scenario('is asked by the next daemon when the one that was cutting it has died', '30s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', grows(51 * MB), send('m3'), goodTurn('msg_2')),
    at('10.2s', standsStill(51 * MB), daemonDies()),
    at('11s', adopted(), isCut(51 * MB), caughtUp()),
    at('12s', goodTurn('msg_3')),
  ]);

  scenario('is asked by the next daemon when the one that was to cut it has died before it could', '30s', [
    ...WORKING,
    at('10s', send('m2')),
    at('10.1s', grows(51 * MB), send('m3'), goodTurn('msg_2'), daemonDies()),
    at('11s', adopted(), caughtUp()),
    at('12s', goodTurn('msg_3')),
  ]);

  test('is not cut while it is being stopped, nor twice at a time', () => {
    const cuts = (world: ReturnType<typeof play>): number =>
      world.orders.filter(({ command }) => command.type === 'cut-log').length;
    expect(cuts(play('11s', [...WORKING, at('10s', stop(), grows(600 * MB))]))).toBe(0);
    expect(cuts(play('11s', [...WORKING, at('10s', grows(600 * MB), grows(600 * MB))]))).toBe(1);
  });

  test('whose cut is under way is heard from behind the cut only, unless it is no stream', () => {
    const cursor = (spec: AgentSpec): number => {
      const world = play('11s', [at('0s', start()), at('5s', grows(600 * MB), standsStill(600 * MB))], spec);
      const { state } = agentIn(world.fleet);
      return 'run' in state ? state.run.cursor : -1;
    };
    expect([cursor(ADA), cursor({ ...ADA, ...COMMAND })]).toEqual([600 * MB, 0]);
  });
});

describe('what is not whole in a log is told', () => {
  scenario('what is not whole in a log is told in words of its own', '20s', [
    ...WORKING,
    at('10s', noted('emptied', 0, 900)),
    at('11s', noted('replaced')),
    at('12s', noted('truncated', 17)),
    at('13s', noted('too-long', 64 * MB)),
  ]);

  test('a flood of lines that are too long is told after one, ten and a hundred', () => {
    const world = play('11s', [
      ...WORKING,
      at('10s', ...Array.from({ length: 120 }, () => noted('too-long', 64 * MB))),
    ]);
    const told = world.orders.flatMap(({ command }) =>
      command.type === 'record' && command.event === 'log-noted' ? [command.detail.replace(/.*; /, '')] : [],
    );
    expect(told).toEqual([expect.any(String), '10 such lines so far', '100 such lines so far']);
  });

  test('what is dropped is counted, and told at once and then every ten minutes', () => {
    const again = at(`${DROPPED_TOLD_MS / 1_000 + 11}s`, drops(5 * MB, 500));
    const moves = [...WORKING, at('10s', drops(MB, 100), drops(0, 0, 'nobody')), at('11s', drops(MB, 100)), again];
    const world = play('20m', moves);
    const told = world.orders.flatMap(({ command }) =>
      command.type === 'record' && command.event === 'log-dropped' ? [command.detail] : [],
    );
    expect(told).toEqual([
      '100 lines of output (1000000 bytes) dropped so far: more than log.total',
      '700 lines of output (7000000 bytes) dropped so far: more than log.total',
    ]);
    expect(agentIn(world.fleet).dropped).toMatchObject({ bytes: 7 * MB, lines: 700 });
  });
});

describe('a disk that is full', () => {
  const nextOf = (world: ReturnType<typeof play>): string =>
    explain(world.fleet, agentIn(world.fleet), world.moment).next;

  scenario('lets an agent give up its oldest output, and then of what it writes', '30s', [
    at('0s', notify()),
    ...WORKING,
    at('10s', disk(100 * MB)),
    at('11s', grows(10 * MB, { urgent: true })),
    at('11.1s', standsStill(10 * MB), isCut(10 * MB)),
    at('20s', note('it is told of again, and people are not'), disk(10 * MB)),
    at('25s', disk(0)),
  ]);

  scenario(
    'lets an agent stand still in its turn, whose silence then is none',
    '50m',
    [
      at('0s', notify()),
      ...inTurn,
      at('11s', disk(100 * MB), measures(600_000)),
      at('12s', note('it is not cut either'), grows(51 * MB, { urgent: true })),
      at('40m', disk(0), measures(0)),
      at('41m', goodTurn('msg_2')),
    ],
    onFull('block'),
  );

  scenario(
    'lets an agent that gets ready stand still, too, also under the next daemon',
    '1m',
    [at('0s', disk(100 * MB), start()), at('10s', daemonDies()), at('11s', adopted(), caughtUp()), at('20s', stop())],
    onFull('block'),
  );

  scenario(
    'stops an agent and starts it when there is room',
    '3m',
    [
      ...inTurn,
      at('11s', disk(100 * MB)),
      at('30s', note('it is told of again'), disk(90 * MB)),
      at('2m', disk(0)),
      at('2m 1s', goodTurn('msg_2')),
    ],
    onFull('stop'),
  );

  scenario(
    'stops an agent that is starting; an operator can start it',
    '3m',
    [
      at('0s', start()),
      at('0.001s', disk(100 * MB)),
      at('30s', restart()),
      at('40s', note('it is told of again'), disk(90 * MB)),
    ],
    onFull('stop'),
  );

  scenario(
    'keeps an agent down that has crashed',
    '3m',
    [...WORKING, at('10s', exits(1), disk(100 * MB)), at('2m', disk(0))],
    onFull('stop'),
  );

  test('decides nothing for an agent that is paused, or down', () => {
    for (const policy of ['block', 'stop'] as const) {
      const paused = play('20s', [...WORKING, at('10s', pause(), disk(MB))], onFull(policy));
      expect(agentIn(paused.fleet).state.at).toBe('running');
      expect(paused.orders.filter(({ command }) => command.type === 'hold' || command.type === 'signal')).toEqual([]);
      expect(nextOf(play('20s', [at('10s', disk(MB))], onFull(policy)))).toBe('');
    }
  });

  test('is what an agent is said to wait for', () => {
    const text = 'It goes on by itself when the disk has room again.';
    expect(nextOf(play('20s', [...WORKING, at('10s', disk(MB))], onFull('block')))).toBe(text);
    const stopped = play('20s', [...WORKING, at('10s', disk(MB))], onFull('stop'));
    expect([nextOf(stopped), nextAttempt(stopped.fleet, agentIn(stopped.fleet))]).toEqual([text, null]);
    expect(nextOf(play('20s', [...WORKING, at('10s', disk(MB))]))).toBe('');
  });
});
