type Fields = Readonly<Record<string, unknown>>;

/**
 * Lays `over` on `base`: objects merge deeply, arrays and scalars replace, `undefined` says nothing, and `null` clears.
 * A `null` stays in the result, because "cleared" must also win over the built-in default of an option that can be off.
 */
export function merge<T extends object>(base: T, over: Partial<T>): T {
  // The cast says what the loop keeps: every key comes from one of the two, with a value of that key's type.
  return mergeFields(base as Fields, over) as T;
}

function mergeFields(base: Fields, over: Fields): Fields {
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  // fromEntries, not assignment: a key named __proto__ must stay data.
  return Object.fromEntries([...keys].map((key) => [key, mergeValue(own(base, key), own(over, key))]));
}

function mergeValue(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  return isFields(base) && isFields(over) ? mergeFields(base, over) : over;
}

function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
