import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/daemon/clock.ts';
import { ASLEEP_MS_MIN, Pulse, STANDSTILL_MS_MIN, type Reading } from '../../src/daemon/pulse.ts';
import type { DaemonStatus } from '../../src/protocol/api.ts';
import { bearersUnder } from '../box.ts';
import { faultBox, identities, type FaultBox } from './fault-box.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A pulse on typed-in clocks. */
function pulse(): { readonly pulse: Pulse; readonly pass: (change: Reading) => void } {
  let now: Reading = { mono: 1_000, sinceStart: 5_000 };
  const felt = new Pulse(() => now);
  const pass = ({ mono, sinceStart }: Reading): void => {
    now = { mono: now.mono + mono, sinceStart: now.sinceStart + sinceStart };
  };
  return { pulse: felt, pass };
}

describe('the pulse of the daemon (38, 40)', () => {
  test('says nothing as long as it is felt in time', () => {
    const { pulse: felt, pass } = pulse();
    for (let second = 0; second < 100; second += 1) {
      pass({ mono: 1_000, sinceStart: 1_000 });
      expect(felt.feel()).toBeNull();
    }
    expect(felt.lag).toEqual({ times: 0, longestMs: 0 });
  });

  test('tells a standstill that the monotonic clock has counted from a sleep that it has not', () => {
    const { pulse: felt, pass } = pulse();
    pass({ mono: STANDSTILL_MS_MIN, sinceStart: STANDSTILL_MS_MIN });
    expect(felt.feel()).toEqual({ countedMs: STANDSTILL_MS_MIN, asleepMs: 0 });
    pass({ mono: 500, sinceStart: 500 + 8 * HOUR_MS });
    expect(felt.feel()).toEqual({ countedMs: 0, asleepMs: 8 * HOUR_MS });
    pass({ mono: 500, sinceStart: 500 + ASLEEP_MS_MIN - 1 });
    expect(felt.feel()).toBeNull();
    expect(felt.lag).toEqual({ times: 2, longestMs: 8 * HOUR_MS });
  });

  test('does not look at the wall clock, which somebody may set (37)', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 });
    const felt = new Pulse();
    vi.setSystemTime(1_000 + HOUR_MS);
    expect(felt.feel()).toBeNull();
    vi.setSystemTime(0);
    expect(felt.feel()).toBeNull();
  });
});

describe('a timer of more than 24.8 days (39)', () => {
  test('fires at its time and not at once', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const fired = vi.fn<() => void>();
    systemClock('boot').after(30 * DAY_MS, fired);
    const cancelled = vi.fn<() => void>();
    const cancel = systemClock('boot').after(60 * DAY_MS, cancelled);
    vi.advanceTimersByTime(30 * DAY_MS - 1);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledOnce();
    cancel();
    vi.advanceTimersByTime(60 * DAY_MS);
    expect(cancelled).not.toHaveBeenCalled();
  });
});

afterEach(() => vi.useRealTimers());

const NAMES = ['ada', 'bob', 'cyd'];
/** Shorter than the standstill: without knowing of it, everybody would be called silent. */
const WATCH = { watch: { turnSilence: '12s', afterResult: '12s' } };
const STANDSTILL_MS = 14_000;
/** In which everybody would have been looked at twice; so much shorter than the watch that a busy machine silences nobody. */
const JUDGEMENT_MS = 5_000;

/** Three agents that wait in their turns for an answer of the API. */
async function inTurn(): Promise<FaultBox> {
  const fleet = faultBox(NAMES, WATCH);
  fleet.setScript({ faults: [{ when: { untilFile: 'answers' }, do: { api: 'hang' } }] });
  await fleet.ok('start');
  for (const name of NAMES) await fleet.ok('send', name, 'hello');
  await Promise.all(NAMES.map((name) => fleet.until(name, ({ inTurn: isInTurn }) => isInTurn)));
  return fleet;
}

const status = async (fleet: FaultBox): Promise<DaemonStatus> =>
  JSON.parse(await fleet.ok('daemon', 'status', '--json')) as DaemonStatus;

/** Nobody was replaced, and all answer when they can. */
async function expectUnharmed(fleet: FaultBox, before: unknown): Promise<void> {
  expect((await status(fleet)).timeLost?.times).toBeGreaterThan(0);
  expect(await fleet.ok('daemon', 'status')).toMatch(/did not run once, for \d+s at most/);
  expect(identities(await fleet.rows())).toEqual(before);
  for (const name of NAMES) {
    const history = await fleet.ok('history', name, '--json');
    expect(history).not.toContain('stalled');
  }
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

test('a daemon and agents that were stopped together, as in a virtual machine that is paused, go on with nobody replaced (38)', async () => {
  const fleet = await inTurn();
  const before = identities(await fleet.rows());
  const all = [fleet.daemonPid(), ...bearersUnder(join(fleet.home, 'agents'))];
  for (const pid of all) process.kill(pid, 'SIGSTOP');
  await wait(STANDSTILL_MS);
  for (const pid of all) process.kill(pid, 'SIGCONT');
  await wait(JUDGEMENT_MS);
  await expectUnharmed(fleet, before);
  expect(readFileSync(fleet.stateFile('journal.ndjson'), 'utf8')).toContain('"time-lost"');
}, 60_000);

test('a daemon that stood still alone does not call an agent silent for it (40)', async () => {
  const fleet = await inTurn();
  const before = identities(await fleet.rows());
  const pid = fleet.daemonPid();
  process.kill(pid, 'SIGSTOP');
  await wait(STANDSTILL_MS);
  process.kill(pid, 'SIGCONT');
  await wait(JUDGEMENT_MS);
  await expectUnharmed(fleet, before);
}, 60_000);
