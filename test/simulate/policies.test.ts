import { describe, expect, test } from 'vitest';
import type { Outage } from '../../src/simulate/outage.ts';
import { fleetOf, syntheticScene } from '../../src/simulate/scene.ts';
import { POLICIES, type PolicyName } from '../../src/simulate/policy-names.ts';
import { runPolicy, type Scene } from '../../src/simulate/simulate.ts';
import type { Outcome } from '../../src/simulate/tally.ts';
import type { Asked } from '../../src/simulate/workload.ts';

/** Policies against outages of which each number can be worked out by hand. */

const S = 1_000;
const MINUTE = 60 * S;
const FROM = Date.UTC(2026, 2, 1);

const asks = (agent: string, atMs: number, number = 1, turnMs = 10 * S): Asked => ({
  id: `0000000${agent.slice(-1)}-0000-4000-8000-${String(number).padStart(8, '0')}0000`,
  agent,
  at: FROM + atMs,
  turnMs,
  idleMs: 0,
});

const outage = (kind: Outage['kind'], atMs: number, lastsMs: number, agent: string | null = null): Outage => ({
  kind,
  from: FROM + atMs,
  until: FROM + atMs + lastsMs,
  credential: null,
  agent,
  tier: null,
});

const sceneOf = (count: number, outages: readonly Outage[], asked: readonly Asked[]): Scene => ({
  fleet: fleetOf(count),
  outages,
  asked,
  from: FROM,
  until: FROM + 60 * MINUTE,
  seed: 1,
});

const all = (count: number): readonly Asked[] =>
  Array.from({ length: count }, (_, index) => asks(`agent-${index + 1}`, 10 * MINUTE));

const inWindow = (policy: PolicyName | 'oracle', lastsMs: number, count = 1): Outcome =>
  runPolicy(sceneOf(count, [outage('window', 10 * MINUTE, lastsMs)], all(count)), policy);

describe('other supervisors', () => {
  // A turn that is turned away has failed after 1.8 s; a new process asks after 1.5 s.
  test('systemd tries every five seconds, each agent by itself', () => {
    expect(inWindow('systemd', 60 * S)).toMatchObject({ attempts: 8, intoClosedDoor: 7, timesDown: 1 });
    expect(inWindow('systemd', 60 * S, 6)).toMatchObject({ attempts: 48, intoClosedDoor: 42, timesDown: 6 });
  });

  test('a fixed delay is kept, however long it takes', () => {
    expect(inWindow('fixed60', 10 * MINUTE)).toMatchObject({ attempts: 10, intoClosedDoor: 9 });
    expect(inWindow('fixed300', 10 * MINUTE)).toMatchObject({ attempts: 2, intoClosedDoor: 1 });
  });

  test('kubelet doubles from ten seconds to three hundred', () => {
    // Asked at 0, 13, 37, 80, 163, 327, 630, 933 s of the window.
    expect(inWindow('kubelet', 12 * S)).toMatchObject({ attempts: 1, intoClosedDoor: 0 });
    expect(inWindow('kubelet', 81 * S)).toMatchObject({ attempts: 4, intoClosedDoor: 3 });
    expect(inWindow('kubelet', 640 * S)).toMatchObject({ attempts: 7, intoClosedDoor: 6 });
  });

  test('kubelet forgets failures when a process has run for ten minutes since', () => {
    const again = (at: number): Outcome =>
      runPolicy(
        sceneOf(
          1,
          [outage('window', 10 * MINUTE, 30 * S), outage('window', at, 30 * S)],
          [asks('agent-1', 10 * MINUTE), asks('agent-1', at, 2)],
        ),
        'kubelet',
      );
    // 10 s and 20 s in the first; then 10 s and 20 s again, or 40 s at once.
    expect(again(25 * MINUTE)).toMatchObject({ attempts: 4 });
    expect(again(15 * MINUTE)).toMatchObject({ attempts: 3 });
  });

  test('the oracle restarts once, as the door opens', () => {
    const told = inWindow('oracle', 10 * MINUTE, 6);
    expect(told).toMatchObject({ attempts: 6, intoClosedDoor: 0, timesDown: 6 });
    // A new process, and its first answer.
    expect(told.beyond).toEqual({ meanMs: 5_500, p95Ms: 5_500 });
    expect(told.downMs).toBe(6 * (10 * MINUTE - 1_800 + 5_500));
  });
});

describe('agentvisor', () => {
  test('makes as many attempts into a closed door for six agents as for one', () => {
    const alone = inWindow('schedule', 10 * MINUTE);
    const together = inWindow('schedule', 10 * MINUTE, 6);
    expect(together.timesDown).toBe(6);
    expect(Math.abs(together.intoClosedDoor - alone.intoClosedDoor)).toBeLessThanOrEqual(1);
    expect(together.attempts).toBeLessThanOrEqual(together.intoClosedDoor + 6);
  });

  test('tries at once, then after 20 s, 40 s, 80 s, 160 s and 180 s, a fifth more or less', () => {
    expect(inWindow('schedule', 5 * S)).toMatchObject({ intoClosedDoor: 1, attempts: 2 });
    expect(inWindow('schedule', 9 * MINUTE).intoClosedDoor).toBeGreaterThanOrEqual(5);
    expect(inWindow('schedule', 9 * MINUTE).intoClosedDoor).toBeLessThanOrEqual(7);
  });

  test('restarts nobody in a throttle, which others do', () => {
    const limited = (policy: PolicyName): Outcome =>
      runPolicy(sceneOf(1, [outage('throttle', 10 * MINUTE, 5 * MINUTE)], all(1)), policy);
    expect(limited('schedule')).toMatchObject({ attempts: 0, throttled: { timesDown: 1, restarts: 0 } });
    expect(limited('kubelet').throttled.restarts).toBeGreaterThan(3);
  });

  test('restarts the one agent whose session is rejected, and delays no message of the others', () => {
    const asked = [...all(3), asks('agent-2', 11 * MINUTE, 2), asks('agent-3', 12 * MINUTE, 2)];
    const told = runPolicy(sceneOf(3, [outage('window', 10 * MINUTE, 5 * MINUTE, 'agent-1')], asked), 'schedule');
    expect(told).toMatchObject({ timesDown: 1, messagesDelayed: 1 });
  });

  test('does not know the outages: adaptive begins like the schedule', () => {
    expect(inWindow('adaptive', 40 * MINUTE, 6)).toEqual(inWindow('schedule', 40 * MINUTE, 6));
  });
});

describe('what is counted', () => {
  test('a message is delayed when it is turned away or comes while its agent is down, whatever the policy', () => {
    const asked = [asks('agent-1', 10 * MINUTE), asks('agent-1', 11 * MINUTE, 2), asks('agent-1', 50 * MINUTE, 3)];
    for (const policy of ['oracle', ...POLICIES] as const) {
      const told = runPolicy(sceneOf(1, [outage('window', 10 * MINUTE, 5 * MINUTE)], asked), policy);
      expect([policy, told.messagesDelayed]).toEqual([policy, 2]);
    }
  });

  test('a turn that was answered before it is turned away is down from then on', () => {
    const asked = [asks('agent-1', 9 * MINUTE, 1, 5 * MINUTE)];
    for (const policy of ['oracle', 'schedule'] as const) {
      const told = runPolicy(sceneOf(1, [outage('window', 10 * MINUTE, 5 * MINUTE)], asked), policy);
      expect([policy, told.timesDown]).toEqual([policy, 1]);
      expect(told.downMs).toBeGreaterThan(4.9 * MINUTE);
    }
  });

  test('windows that overlap are one, and no window makes no number that is none', () => {
    const two = [outage('window', 10 * MINUTE, 5 * MINUTE), outage('window', 12 * MINUTE, 5 * MINUTE)];
    expect(runPolicy(sceneOf(1, two, all(1)), 'oracle')).toMatchObject({ attempts: 1, attemptsPerWindow: 1 });
    expect(runPolicy(sceneOf(1, [], all(1)), 'schedule')).toMatchObject({
      attemptsPerWindow: 0,
      intoClosedDoorPerWindow: 0,
      timesDown: 0,
      beyond: { meanMs: 0, p95Ms: 0 },
      messagesDelayed: 0,
    });
  });

  test('the same scene gives the same, with the kernel too', () => {
    const scene = syntheticScene(fleetOf(3), 2, 5);
    expect(runPolicy(scene, 'adaptive')).toEqual(runPolicy(scene, 'adaptive'));
  });

  test('every day is told while the kernel runs', () => {
    const days: number[] = [];
    runPolicy(syntheticScene(fleetOf(1), 3, 5), 'schedule', (day) => days.push(day));
    expect(days.slice(0, 3)).toEqual([1, 2, 3]);
  });
});
