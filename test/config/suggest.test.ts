import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closest, distance } from '../../src/config/suggest.ts';

test('a slip is recognised, another word is not', () => {
  const options = ['name', 'namespace', 'mode', 'restart', 'envFile'];
  expect(closest('restrat', options)).toBe('restart');
  expect(closest('envfile', options)).toBe('envFile');
  expect(closest('moed', options)).toBe('mode');
  expect(closest('script', options)).toBeUndefined();
  expect(closest('x', [])).toBeUndefined();
});

test('the distance is none to itself, the same both ways, and at most the longer word', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(distance(a, a)).toBe(0);
      expect(distance(a, b)).toBe(distance(b, a));
      expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
});
