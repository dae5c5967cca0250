import { expect, test } from 'vitest';
import { FIXED_VERSION, KNOWN_FIXES, missingFixes } from '../../src/claude/known-fixes.ts';

test('an old version lacks what came later, and has what came with it and before', () => {
  expect(missingFixes('2.1.224').map(({ version }) => version)).toEqual(['2.1.225', '2.1.236']);
  expect(missingFixes('2.1.225').map(({ version }) => version)).toEqual(['2.1.236']);
  expect(missingFixes('2.1.99')).toEqual(KNOWN_FIXES);
  expect(missingFixes('1.9.400')).toEqual(KNOWN_FIXES);
});

test('the version that is named as good, and every later one, lacks nothing', () => {
  for (const version of [FIXED_VERSION, '2.1.328', '2.2.0', '3.0.0', '2.1.400-beta.1']) {
    expect(missingFixes(version)).toEqual([]);
  }
});

test('what is no version is not accused', () => {
  expect([missingFixes(''), missingFixes('unknown'), missingFixes('2.1')]).toEqual([[], [], []]);
});

test('the table is in the order of versions', () => {
  const numbers = KNOWN_FIXES.map(({ version }) => Number(version.split('.')[2]));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});
