import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { daySection } from '../../src/tui/views/day.ts';
import { activity, ago, ASCII, HOUR, MINUTE, NOW, PLAIN, textsOf } from './models.ts';

const zone = process.env['TZ'];
const inZone = (name: string | undefined): void => {
  if (name === undefined) delete process.env['TZ'];
  else process.env['TZ'] = name;
};
beforeEach(() => inZone('UTC'));
afterEach(() => inZone(zone));

const shown = (rows: Parameters<typeof daySection>[0], columns: number, look = PLAIN, now = NOW): readonly string[] => {
  const { title, lines } = daySection(rows, now, columns, look);
  return [title, ...textsOf(lines.filter((each) => typeof each !== 'function'))];
};

describe('the last day', () => {
  test('has a sign for each quarter hour where that fits, else for half an hour or an hour', () => {
    const lengths = [200, 120, 110, 108, 107, 80, 60, 59].map((columns) => (shown([], columns)[1] ?? '').trim().length);
    expect(lengths).toEqual([96, 96, 96, 96, 48, 48, 48, 24]);
    expect([120, 60, 40].map((columns) => shown([], columns)[0])).toEqual([
      'LAST 24 HOURS, each sign a quarter hour',
      'LAST 24 HOURS, each sign half an hour',
      'LAST 24 HOURS, each sign an hour',
    ]);
  });

  test('shows the worst of what happened, with its hours and what the signs mean', () => {
    const rows = [
      activity({ at: ago(25 * HOUR), failed: 9 }),
      activity({ at: ago(23 * HOUR), good: 3 }),
      activity({ at: ago(12 * HOUR), good: 3, failed: 1, restarts: 2 }),
      activity({ at: ago(12 * HOUR - 15 * MINUTE), restarts: 1 }),
      activity({ at: ago(11 * HOUR - 15 * MINUTE), good: 1 }),
      activity({ at: ago(11 * HOUR), good: 1, restarts: 1 }),
      activity({ at: ago(0), good: 2 }),
    ];
    expect(shown(rows, 40)).toEqual([
      'LAST 24 HOURS, each sign an hour',
      ' █··········▒↻··········█',
      '   15 18 21 00 03 06 09',
      ' █ 10 good   ▒ 1 failed   ↻ 4 restarts   · nothing',
    ]);
    expect(shown(rows, 40, ASCII)[1]).toBe(' #..........xr..........#');
  });

  test('marks the hours of the clocks here, also where they are half an hour off', () => {
    inZone('Asia/Kolkata');
    expect(shown([activity({ at: ago(0), good: 1 })], 80)).toEqual([
      'LAST 24 HOURS, each sign half an hour',
      ` ${'·'.repeat(47)}█`,
      ' 18    21    00    03    06    09    12    15',
      ' █ 1 good   ▒ 0 failed   ↻ 0 restarts   · nothing',
    ]);
    expect(shown([], 40)[2]).toBe(' 18 21 00 03 06 09 12 15');
  });

  test('keeps what a clock that was set back has left in the future', () => {
    expect(shown([activity({ at: ago(-3 * HOUR), failed: 1 })], 40)[1]).toBe(` ${'·'.repeat(23)}▒`);
  });

  test('leaves out what has no time', () => {
    expect(shown([activity({ at: 'never', failed: 1 })], 40)[1]).toBe(` ${'·'.repeat(24)}`);
  });
});
