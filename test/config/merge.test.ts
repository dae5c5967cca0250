import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { merge } from '../../src/config/merge.ts';

const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer()));
const { fields } = fc.letrec<{ fields: Record<string, unknown>; value: unknown }>((tie) => ({
  fields: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('fields')),
}));

/** As in an ecosystem file: a key is always a group (`g`, `h`) or never (`a`, `b`). */
const { options } = fc.letrec<{ options: Record<string, unknown> }>((tie) => ({
  options: fc.record(
    {
      a: leaf,
      b: leaf,
      g: fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('options')),
      h: fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('options')),
    },
    { requiredKeys: [] },
  ),
}));

describe('merging', () => {
  test('lays objects on each other deeply; arrays and scalars replace', () => {
    const base = { claude: { model: 'opus', args: ['a', 'b'] }, cwd: 'x' };
    expect(merge(base, { claude: { model: 'sonnet', args: ['c'] } })).toEqual({
      claude: { model: 'sonnet', args: ['c'] },
      cwd: 'x',
    });
  });

  test('null clears, and undefined says nothing', () => {
    const base: { a?: number | null | undefined; b?: { c: number } | null } = { a: 1, b: { c: 2 } };
    expect(merge(base, { a: null, b: null })).toEqual({ a: null, b: null });
    expect(merge(base, { a: undefined })).toEqual(base);
  });

  test('a group that was cleared starts anew in the next layer', () => {
    const cleared = merge<Record<string, unknown>>({ a: { x: 1 } }, { a: null });
    expect(merge(cleared, { a: { y: 2 } })).toEqual({ a: { y: 2 } });
  });

  test('nothing merged with anything, on either side, changes nothing', () => {
    fc.assert(
      fc.property(fields, (a) => {
        expect(merge(a, {})).toEqual(a);
        expect(merge({}, a)).toEqual(a);
        expect(merge(a, a)).toEqual(a);
      }),
    );
  });

  test('as long as a key is a group in every layer or in none, the grouping of layers does not matter', () => {
    fc.assert(
      fc.property(options, options, options, (a, b, c) => {
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
      }),
    );
  });

  test('the upper layer wins, every key of both is there, and neither is changed', () => {
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        const before = JSON.stringify([a, b]);
        const merged = merge(a, b);
        expect(JSON.stringify([a, b])).toBe(before);
        expect(new Set(Object.keys(merged))).toEqual(new Set([...Object.keys(a), ...Object.keys(b)]));
        expect(merge(merged, b)).toEqual(merged);
        expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
      }),
    );
  });
});
