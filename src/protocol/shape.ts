/**
 * A tiny language for the shape of plain data from the socket. The daemon checks with it instead of a schema library,
 * which would stay in its memory for ever; the rules that people meet are checked before, by the ecosystem's schema.
 */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | 'string|null'
  | 'number|null'
  | 'strings'
  | 'strings|null'
  | 'texts'
  | { readonly oneOf: readonly unknown[] }
  | { readonly list: Shape }
  | { readonly either: readonly Shape[] }
  | { readonly fields: Readonly<Record<string, Shape>> };

/** Where a value first differs from its shape, null when it does not. Fields beyond the shape are not looked at: see `fitted`. */
export function mismatch(value: unknown, shape: Shape, path = 'params'): string | null {
  if (typeof shape === 'string') return isSimple(value, shape) ? null : `${path}: expected ${shape}`;
  if ('oneOf' in shape) {
    return shape.oneOf.includes(value) ? null : `${path}: expected one of ${shape.oneOf.map(String).join(', ')}`;
  }
  if ('either' in shape) {
    const fits = shape.either.some((each) => mismatch(value, each, path) === null);
    return fits ? null : `${path}: none of its forms fits`;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return `${path}: expected a list`;
    return firstOf(value.map((item, index) => () => mismatch(item, shape.list, `${path}[${index}]`)));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${path}: expected an object`;
  const record = value as Readonly<Record<string, unknown>>;
  return firstOf(
    Object.entries(shape.fields).map(
      ([key, field]) =>
        () =>
          mismatch(record[key], field, `${path}.${key}`),
    ),
  );
}

/**
 * What of a value its shape names: fields beyond it are left out at every depth. Those of a newer client would mean nothing here,
 * and what nobody has looked at must not come into the state.
 *
 * @param value has no `mismatch` with the shape
 */
export function fitted(value: unknown, shape: Shape): unknown {
  if (typeof shape === 'string' || 'oneOf' in shape) return value;
  if ('either' in shape) {
    const form = shape.either.find((each) => mismatch(value, each) === null);
    return form === undefined ? value : fitted(value, form);
  }
  if ('list' in shape) return (value as readonly unknown[]).map((item) => fitted(item, shape.list));
  const record = value as Readonly<Record<string, unknown>>;
  const there = Object.entries(shape.fields).filter(([key]) => Object.hasOwn(record, key));
  return Object.fromEntries(there.map(([key, field]) => [key, fitted(record[key], field)]));
}

function firstOf(checks: readonly (() => string | null)[]): string | null {
  for (const check of checks) {
    const found = check();
    if (found !== null) return found;
  }
  return null;
}

const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string');

function isSimple(value: unknown, shape: Extract<Shape, string>): boolean {
  switch (shape) {
    case 'string':
      return typeof value === 'string';
    case 'number':
      // Counts, sizes and times: what is less than nothing, or beyond whole numbers, would be a deadline that never comes.
      return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
    case 'boolean':
      return typeof value === 'boolean';
    case 'string|null':
      return value === null || typeof value === 'string';
    case 'number|null':
      return value === null || isSimple(value, 'number');
    case 'strings':
      return isStrings(value);
    case 'strings|null':
      return value === null || isStrings(value);
    case 'texts':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && isStrings(Object.values(value));
  }
}
