import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Agenda } from '../../src/simulate/agenda.ts';
import { Api } from '../../src/simulate/api.ts';
import { Door, type Outage } from '../../src/simulate/outage.ts';
import { fleetOf, syntheticScene } from '../../src/simulate/scene.ts';
import { windowsOf, type Scene } from '../../src/simulate/simulate.ts';
import { isIdleMorning } from '../../src/simulate/synthetic.ts';
import { parseTrace, traceLine } from '../../src/simulate/trace-file.ts';

/** What agents are asked, and when the API turns them away. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAYS = 60;

const scene = syntheticScene(fleetOf(6), DAYS, 3);
const ofKind = (kind: Outage['kind'], { outages }: Scene = scene): readonly Outage[] =>
  outages.filter((outage) => outage.kind === kind);
const lengths = ofKind('window')
  .map(({ from, until }) => until - from)
  .toSorted((one, other) => one - other);
const quantile = (part: number): number => lengths[Math.floor(lengths.length * part)] ?? 0;

describe('made-up outages have the shape of the field', () => {
  test('about fourteen windows a day, none of which overlap', () => {
    expect(lengths.length / DAYS).toBeGreaterThan(12.5);
    expect(lengths.length / DAYS).toBeLessThan(15.5);
    expect(windowsOf(scene.outages)).toBe(lengths.length);
  });

  test('from seconds to 125 minutes, a median of about three and one in twenty of about fifty or more', () => {
    expect(quantile(0)).toBeLessThan(10_000);
    expect(quantile(0.5)).toBeGreaterThan(2 * MINUTE);
    expect(quantile(0.5)).toBeLessThan(4.5 * MINUTE);
    expect(quantile(0.95)).toBeGreaterThan(38 * MINUTE);
    expect(quantile(0.95)).toBeLessThan(70 * MINUTE);
  });

  test('about one in a hundred of three to seven hours, and nothing between those and the others', () => {
    const long = lengths.filter((length) => length > 125 * MINUTE);
    expect(long.every((length) => length >= 3 * HOUR && length <= 7 * HOUR)).toBe(true);
    expect(long.length / lengths.length).toBeGreaterThan(0.003);
    expect(long.length / lengths.length).toBeLessThan(0.025);
  });

  test('more often as somebody is asked after an hour of idleness in the morning', () => {
    const begins = new Set(ofKind('window').map(({ from }) => from));
    const share = (asked: Scene['asked']): number => asked.filter(({ at }) => begins.has(at)).length / asked.length;
    const idle = scene.asked.filter(isIdleMorning);
    expect(idle.length).toBeGreaterThan(50);
    expect(share(idle)).toBeGreaterThan(3 * share(scene.asked.filter((question) => !isIdleMorning(question))));
  });

  test('each begins as somebody is asked, and throttles of one family stand beside them', () => {
    const asked = new Set(scene.asked.map(({ at }) => at));
    expect(ofKind('window').every(({ from }) => asked.has(from))).toBe(true);
    expect(ofKind('throttle').length).toBeGreaterThan(DAYS);
    expect(new Set(ofKind('throttle').map(({ tier }) => tier))).toEqual(new Set(['opus']));
  });

  test('the same seed makes the same, another one another', () => {
    const again = syntheticScene(fleetOf(6), DAYS, 3);
    expect(again.outages).toEqual(scene.outages);
    expect(again.asked).toEqual(scene.asked);
    expect(syntheticScene(fleetOf(6), DAYS, 4).outages).not.toEqual(scene.outages);
  });

  test('what is printed of them is read back as it was', () => {
    const text = scene.outages.map((outage) => JSON.stringify(traceLine(outage))).join('\n');
    expect(parseTrace(text, 'it')).toEqual(scene.outages);
  });
});

const times = fc.array(
  fc.record({ from: fc.integer({ min: 0, max: 1_000 }), more: fc.integer({ min: 1, max: 200 }) }),
  { maxLength: 12 },
);

describe('a door', () => {
  test('is closed exactly while one of its times is, and opens when the last that touches it ends', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 1_300 }), (all, at) => {
        const outages = all.map(({ from, more }) => ({ from, until: from + more }));
        const door = new Door(outages);
        const isShut = (when: number): boolean => outages.some(({ from, until }) => from <= when && when < until);
        const opensAt = door.opensAt(at);
        expect(opensAt !== null).toBe(isShut(at));
        if (opensAt !== null) {
          expect(isShut(opensAt)).toBe(false);
          for (let when = at; when < opensAt; when += 1) expect(isShut(when)).toBe(true);
        }
        const closesAt = door.closesAt(at);
        for (let when = at; when < Math.min(closesAt, 1_300); when += 1) expect(isShut(when)).toBe(false);
        if (closesAt !== Infinity) expect(isShut(closesAt)).toBe(true);
      }),
    );
  });
});

describe('a turn', () => {
  const ada = { name: 'ada', credential: 'max', model: 'opus' };
  const bob = { name: 'bob', credential: 'key', model: 'haiku' };
  const window: Outage = { kind: 'window', from: 100_000, until: 200_000, credential: null, agent: null, tier: null };
  const api = (...outages: readonly Outage[]): Api => new Api([ada, bob], outages);

  test('is turned away at its first request in a window, and not by one that no request falls into', () => {
    expect(api(window).refusalIn('ada', 150_000, 60_000)).toEqual({ at: 150_000, kind: 'window', opensAt: 200_000 });
    expect(api(window).refusalIn('ada', 90_000, 60_000)).toEqual({ at: 105_000, kind: 'window', opensAt: 200_000 });
    expect(api(window).refusalIn('ada', 90_000, 5_000)).toBeNull();
    expect(api({ ...window, until: 104_000 }).refusalIn('ada', 90_000, 60_000)).toBeNull();
    expect(api(window).refusalIn('ada', 200_000, 60_000)).toBeNull();
  });

  test('meets only the outages of its credential, its agent and its family of models', () => {
    const meets = (outage: Outage): readonly boolean[] =>
      ['ada', 'bob', 'nobody'].map((name) => api(outage).refusalIn(name, 150_000, 1_000) !== null);
    expect(meets({ ...window, credential: 'max' })).toEqual([true, false, false]);
    expect(meets({ ...window, agent: 'bob' })).toEqual([false, true, false]);
    expect(meets({ ...window, kind: 'throttle', tier: 'haiku' })).toEqual([false, true, false]);
  });

  test('is rejected before it is limited', () => {
    const both = api({ ...window, kind: 'throttle' }, window);
    expect(both.refusalIn('ada', 150_000, 1_000)?.kind).toBe('window');
  });
});

describe('an agenda', () => {
  test('gives what is noted in the order of time, and of two at the same time the first that was noted', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (noted) => {
        const agenda = new Agenda<{ readonly at: number; readonly index: number }>();
        noted.forEach((at, index) => agenda.add(at, { at, index }));
        const given = [];
        while (agenda.nextAt !== Infinity) given.push(agenda.take());
        const wanted = noted
          .map((at, index) => ({ at, index }))
          .toSorted((one, other) => one.at - other.at || one.index - other.index);
        expect(given).toEqual(wanted);
        expect(agenda.take()).toBeUndefined();
      }),
    );
  });
});
