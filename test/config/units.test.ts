import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DURATION_MS_MAX,
  SIZE_BYTES_MAX,
  durationMs,
  parseDuration,
  parseSize,
  sizeBytes,
} from '../../src/config/units.ts';

describe('durations', () => {
  test('carry their unit, or are milliseconds', () => {
    expect([durationMs('300ms'), durationMs('30s'), durationMs('5m'), durationMs('1h'), durationMs(1500)]).toEqual([
      300, 30_000, 300_000, 3_600_000, 1500,
    ]);
    expect(durationMs('1.5h')).toBe(5_400_000);
  });

  test('any whole number of a unit means that many of its milliseconds', () => {
    const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
    const unit = fc.constantFrom('ms', 's', 'm', 'h');
    fc.assert(
      fc.property(fc.nat({ max: 8760 }), unit, (amount, name) => {
        expect(parseDuration(`${amount}${name}`)).toBe(amount * units[name]);
      }),
    );
  });

  test('what parses is a whole number within the bounds, whatever the input', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const ms = parseDuration(value);
        expect(ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= DURATION_MS_MAX)).toBe(true);
      }),
    );
  });

  test.each([
    '',
    '5',
    '5 m',
    '-5s',
    '1h30m',
    '5M',
    '5sec',
    'm',
    '1e3s',
    ' 5s',
    -1,
    1.5,
    Number.NaN,
    Infinity,
    null,
    [],
    '9999h',
  ])('%j is none', (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });
});

describe('sizes', () => {
  test('count in steps of 1024, or are bytes', () => {
    expect([sizeBytes('1B'), sizeBytes('2KB'), sizeBytes('50MB'), sizeBytes('1.5GB'), sizeBytes(77)]).toEqual([
      1, 2048, 52_428_800, 1_610_612_736, 77,
    ]);
  });

  test.each(['50', '50M', '50mb', '-1MB', '1TB', '', -1, 0.5, null, '9999999999GB'])('%j is none', (value) => {
    expect(parseSize(value)).toBeUndefined();
  });

  test('what parses is a whole number within the bounds, whatever the input', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const bytes = parseSize(value);
        expect(bytes === undefined || (Number.isInteger(bytes) && bytes >= 0 && bytes <= SIZE_BYTES_MAX)).toBe(true);
      }),
    );
  });
});

test('a value that went past the schema is our own bug', () => {
  expect(() => durationMs('soon' as '1s')).toThrow(/agentvisor bug/);
});
