import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEPTH_MAX, ENTRIES_MAX, plainData } from '../../src/config/plain-data.ts';

class Agent {
  name = 'a';
}

describe('what JSON cannot hold is a mistake with its path', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = { again: loop };

  test.each([
    [{ a: { f: () => 1 } }, 'a.f', 'a function'],
    [{ a: [Symbol('x')] }, 'a[0]', 'a symbol'],
    [{ a: 5n }, 'a', 'a bigint'],
    [{ a: Number.NaN }, 'a', 'NaN'],
    [{ a: new Date(0) }, 'a', 'a Date'],
    [{ a: new Map() }, 'a', 'a Map'],
    [{ a: /x/ }, 'a', 'a RegExp'],
    [{ a: new Agent() }, 'a', 'a Agent'],
    [{ a: Promise.resolve(1) }, 'a', 'a promise'],
    [{ a: [1, undefined] }, 'a[1]', 'undefined in a list'],
    [loop, 'self.again', 'a reference to an object that it is part of'],
    [() => 1, '', 'a function'],
  ])('%o', (value, path, found) => {
    const { problems } = plainData(value);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path, found });
    expect(problems[0]?.message).toContain(`found ${found}`);
  });

  test('all at once', () => {
    expect(plainData({ a: () => 1, b: [new Date(0), 1n] }).problems.map(({ path }) => path)).toEqual([
      'a',
      'b[0]',
      'b[1]',
    ]);
  });
});

test('undefined behind a key is dropped', () => {
  expect(plainData({ a: undefined, b: { c: undefined } })).toEqual({ value: { b: {} }, problems: [] });
});

test('one object in two places, no prototype, and another realm are all plain data', () => {
  const shared = { x: 1 };
  const other: unknown = runInNewContext('({ a: [{ b: 1 }] })');
  const bare: unknown = Object.assign(Object.create(null), { c: 1 });
  expect(plainData({ p: shared, q: shared, other, bare })).toEqual({
    value: { p: { x: 1 }, q: { x: 1 }, other: { a: [{ b: 1 }] }, bare: { c: 1 } },
    problems: [],
  });
});

test('too deep and too many end in one mistake each', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 10_000; level += 1) deep = { in: deep };
  expect(plainData(deep).problems.map(({ found }) => found)).toEqual([`more than ${DEPTH_MAX} levels`]);

  // 2^30 entries when followed, 30 objects in memory.
  let wide: unknown = 1;
  for (let level = 0; level < 30; level += 1) wide = [wide, wide];
  expect(plainData(wide).problems.map(({ found }) => found)).toEqual([`more than ${ENTRIES_MAX} entries`]);
});

test('JSON stays as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      // -0 and undefined aside, which JSON has not.
      const json: unknown = JSON.parse(JSON.stringify(value));
      expect(plainData(json)).toEqual({ value: json, problems: [] });
    }),
  );
});
