import * as fc from 'fast-check';
import { PARAMS } from '../../src/protocol/params.ts';
import type { Shape } from '../../src/protocol/shape.ts';

/** One place in the params of a method that holds what cannot stand there. */
export type WrongParams = { readonly method: string; readonly path: string; readonly params: unknown };

type Place = { readonly path: readonly (string | number)[]; readonly shape: Shape };

const OBJECTS: readonly unknown[] = [{}, { length: 1 }, JSON.parse('{"__proto__":{"a":1},"constructor":7}')];
const MISSING = undefined;

/** By hand and not by the daemon's own check: what a leaf of each kind must not take. */
const WRONG: Readonly<Record<Extract<Shape, string>, readonly unknown[]>> = {
  string: [MISSING, null, 7, true, [], ['a'], ...OBJECTS],
  number: [MISSING, null, '1', true, [], [1], -1, 1e300, ...OBJECTS],
  boolean: [MISSING, null, 'true', 1, 0, [], ...OBJECTS],
  'string|null': [MISSING, 7, true, [], ...OBJECTS],
  'number|null': [MISSING, '1', true, [], -1, ...OBJECTS],
  strings: [MISSING, null, 'all', 7, [7], ['a', null], [['a']], ...OBJECTS],
  'strings|null': [MISSING, 'all', 7, [null], ...OBJECTS],
  texts: [MISSING, null, 'a', 7, ['a'], { a: 1 }, { a: null }, { a: { b: 'c' } }],
};

const wrongOf = (shape: Shape): readonly unknown[] => {
  if (typeof shape === 'string') return WRONG[shape];
  if ('oneOf' in shape)
    return [MISSING, null, 7, 'no such', [], ...OBJECTS].filter((value) => !shape.oneOf.includes(value));
  if ('either' in shape) return [MISSING, 7, true, [], ['a'], { neither: 'a' }];
  if ('list' in shape) return [MISSING, null, 'a', 7, {}, [7], [null], [[]]];
  return [MISSING, null, 'a', 7, [], [{}]];
};

/** All places of a shape, the outermost first; those of an empty object take anything. */
function placesOf(shape: Shape, path: Place['path'] = []): readonly Place[] {
  if (typeof shape === 'string' || 'oneOf' in shape || 'either' in shape) return [{ path, shape }];
  if ('list' in shape) return [{ path, shape }, ...placesOf(shape.list, [...path, 0])];
  const below = Object.entries(shape.fields).flatMap(([key, field]) => placesOf(field, [...path, key]));
  return path.length === 0 ? below : [{ path, shape }, ...below];
}

/** What fits: it names nobody, so that nothing would happen even if it were taken. */
function fits(shape: Shape): unknown {
  if (typeof shape === 'string') return FITS[shape];
  if ('oneOf' in shape) return shape.oneOf[0];
  if ('either' in shape) return shape.either[0] === undefined ? null : fits(shape.either[0]);
  if ('list' in shape) return [fits(shape.list)];
  return Object.fromEntries(Object.entries(shape.fields).map(([key, field]) => [key, fits(field)]));
}

const FITS: Readonly<Record<Extract<Shape, string>, unknown>> = {
  string: 'nobody',
  number: 1,
  boolean: true,
  'string|null': null,
  'number|null': null,
  strings: ['nobody'],
  'strings|null': null,
  texts: {},
};

function withAt(value: unknown, [key, ...rest]: Place['path'], wrong: unknown): unknown {
  if (key === undefined) return wrong;
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? withAt(item, rest, wrong) : item));
  const record = value as Record<string, unknown>;
  return { ...record, [key]: withAt(record[key], rest, wrong) };
}

const pathOf = (path: Place['path']): string =>
  path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`), 'params');

const PLACES = Object.entries(PARAMS).flatMap(([method, shape]) =>
  placesOf(shape).map((place) => ({ ...place, method, whole: fits(shape) })),
);

/** All methods and all of their params, each with each kind of thing that it must not take. */
export const wrongParams: fc.Arbitrary<WrongParams> = fc
  .constantFrom(...PLACES)
  .chain(({ method, path, shape, whole }) =>
    fc
      .constantFrom(...wrongOf(shape))
      .map((wrong) => ({ method, path: pathOf(path), params: withAt(whole, path, wrong) })),
  );

export const METHODS_WITH_PARAMS: ReadonlySet<string> = new Set(PLACES.map(({ method }) => method));
