import { describe, expect, test } from 'vitest';
import { wall } from '../../src/kernel/moment.ts';
import { incidentStats } from '../../src/protocol/incident-stats.ts';
import { BEGIN, attempt, gate, incident, receipt } from './incident.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const closedAfter = (id: string, ms: number) => incident({ id, closedAt: wall(BEGIN + ms) });

describe('the numbers over all incidents', () => {
  test('of a home without incidents are all nought, and what would be a share of nothing is null', () => {
    const stats = incidentStats([], BEGIN);
    expect(stats).toMatchObject({
      from: null,
      to: '2026-11-20T00:00:00.000Z',
      days: 1,
      total: 0,
      windowsPerDay: 0,
      byCause: {},
      lengthMs: null,
      attempts: { total: 0, median: 0, max: 0 },
      downMs: { total: 0, median: 0, max: 0 },
      afterIdleness: { known: 0, after: 0, share: null },
      byCredential: [],
      byAgent: [],
    });
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
  });

  test('reach from the first that opened until now, whatever the order in the file', () => {
    const stats = incidentStats([incident({ id: 'i2' }, 2 * DAY), incident({ id: 'i1' })], BEGIN + 4 * DAY);
    expect(stats).toMatchObject({ from: '2026-11-20T00:00:00.000Z', to: '2026-11-24T00:00:00.000Z', days: 4, open: 2 });
  });

  test('count as windows what was rejected, per day, and a day at least', () => {
    const causes = ['auth-session', 'auth-window', 'auth-credential', 'auth-transient', 'throttled'] as const;
    const incidents = causes.map((cause, index) => incident({ id: `i${index}`, cause }));
    expect(incidentStats(incidents, BEGIN + 2 * DAY).windowsPerDay).toBe(1.5);
    expect(incidentStats(incidents, BEGIN + HOUR)).toMatchObject({ days: 1, windowsPerDay: 3 });
    expect(incidentStats(incidents, BEGIN).byCause).toEqual(Object.fromEntries(causes.map((cause) => [cause, 1])));
  });

  test('leave out an incident that went up in another one', () => {
    const merged = { closedAt: wall(BEGIN + MINUTE), mergedInto: 'i3', attempts: [attempt('failed')] };
    const stats = incidentStats(
      [incident({ id: 'i1', ...merged }), incident({ id: 'i2', ...merged }), incident({ id: 'i3' }, HOUR)],
      BEGIN + 2 * HOUR,
    );
    expect(stats).toMatchObject({ total: 1, open: 1, attemptsFailed: 0, byCause: { 'auth-session': 1 } });
    expect(stats).toMatchObject({ from: '2026-11-20T01:00:00.000Z', byAgent: [{ agent: 'ada', incidents: 1 }] });
  });
});

describe('the length', () => {
  test('is that of closed incidents only', () => {
    const lengths = [4, 1, 3, 2].map((minutes, index) => closedAfter(`i${index}`, minutes * MINUTE));
    expect(incidentStats([...lengths, incident({ id: 'open' })], BEGIN + DAY).lengthMs).toEqual({
      min: MINUTE,
      median: 2.5 * MINUTE,
      p90: 4 * MINUTE,
      max: 4 * MINUTE,
      total: 10 * MINUTE,
    });
  });

  test('of one incident is its own in every respect', () => {
    expect(incidentStats([closedAfter('i1', 7)], BEGIN).lengthMs).toEqual({
      min: 7,
      median: 7,
      p90: 7,
      max: 7,
      total: 7,
    });
  });

  test('has nine of ten within its ninth tenth', () => {
    const incidents = Array.from({ length: 20 }, (_, index) => closedAfter(`i${index}`, index + 1));
    expect(incidentStats(incidents, BEGIN).lengthMs).toMatchObject({ p90: 18, median: 10.5 });
  });

  test('is never below nought, also when the clock was set back meanwhile', () => {
    expect(incidentStats([closedAfter('i1', -HOUR)], BEGIN).lengthMs).toMatchObject({ min: 0, total: 0 });
  });
});

test('attempts are counted by incident, recoveries by agent, and what was closed without an answer is not healed', () => {
  const closedAt = wall(BEGIN + HOUR);
  const stats = incidentStats(
    [
      incident({
        id: 'i1',
        closedAt,
        agents: ['ada', 'bob'],
        attempts: [attempt('failed'), attempt('failed'), attempt('recovered')],
        recoveries: [receipt('ada', 1_000), receipt('bob', 5_000)],
      }),
      incident({ id: 'i2', closedAt, attempts: [attempt('unproven')] }),
      incident({ id: 'i3', recoveries: [receipt('ada', 3_000)] }),
    ],
    BEGIN + DAY,
  );
  expect(stats).toMatchObject({
    attempts: { total: 4, median: 1, max: 3 },
    attemptsFailed: 2,
    downMs: { total: 9_000, median: 3_000, max: 5_000 },
    healedByRestart: 1,
    byAgent: [
      { agent: 'ada', incidents: 3, downMs: 4_000 },
      { agent: 'bob', incidents: 1, downMs: 5_000 },
    ],
  });
});

test('idleness is judged where it is known, and an hour is not more than an hour', () => {
  const idle = [null, 0, HOUR, HOUR + 1, DAY].map((idleMs, index) => incident({ id: `i${index}`, idleMs }));
  expect(incidentStats(idle, BEGIN)).toMatchObject({
    afterIdleMs: HOUR,
    afterIdleness: { known: 4, after: 2, share: 0.5 },
  });
});

test('a credential has the incidents and the attempts of its own gate', () => {
  const stats = incidentStats(
    [
      incident({
        id: 'i1',
        scope: 'window',
        key: 'max',
        gates: { max: gate(3), spare: gate(1) },
        recoveries: [receipt('ada', 1_000), receipt('bob', 2_000)],
      }),
      incident({
        id: 'i2',
        scope: 'credential',
        key: 'max',
        gates: { max: gate(1) },
        attempts: [attempt('failed'), attempt('recovered')],
      }),
      incident({ id: 'i3', gates: { max: gate(1) }, attempts: [attempt('recovered')] }),
    ],
    BEGIN,
  );
  expect(stats.byCredential).toEqual([
    { credential: 'max', incidents: 3, downMs: 3_000, attempts: 6 },
    { credential: 'spare', incidents: 1, downMs: 3_000, attempts: 1 },
  ]);
});
