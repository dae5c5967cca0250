import { expect, test } from 'vitest';
import { figure, meanOf, medianOf, ratioOf, spreadOf } from '../../bench/statistics.ts';

test('the median is the sample in the middle, and between the two in the middle of an even number', () => {
  expect(medianOf([9, 1, 5])).toBe(5);
  expect(medianOf([9, 1, 5, 7])).toBe(6);
  expect(medianOf([3])).toBe(3);
});

test('samples are sorted as numbers', () => {
  expect(spreadOf([10, 9, 100])).toEqual({ min: 9, median: 10, p99: 100, max: 100, count: 3 });
});

test('of 200 samples one in a hundred is above the p99; of fewer than a hundred it is the largest', () => {
  const counted = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(spreadOf(counted)).toMatchObject({ p99: 198, max: 200 });
  expect(spreadOf(counted.slice(0, 99)).p99).toBe(200);
});

test('figures of nothing are refused', () => {
  expect(() => spreadOf([])).toThrow('nothing was measured');
});

test('a ratio is that of the medians, and nothing to nothing has none', () => {
  expect(ratioOf([1, 2, 90], [4, 4, 5])).toBe(0.5);
  expect(ratioOf([1], [0])).toBeNull();
});

test('a mean counts bursts', () => {
  expect(meanOf([0, 0, 9])).toBe(3);
});

test('a figure has three digits that count', () => {
  expect([1234.5, 123.4, 12.345, 1.2345, 0.12345, 0].map(figure)).toEqual([
    '1235',
    '123',
    '12.3',
    '1.23',
    '0.123',
    '0.000',
  ]);
});
