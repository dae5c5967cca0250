import { parseDuration } from '../config/units.ts';
import { wrongValue } from './usage.ts';

/** Undefined when the option was not given. */
export function positiveInteger(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number === 0)
    throw wrongValue(option, 'a whole number above zero', value);
  return number;
}

/** Undefined when the option was not given. */
export function durationMs(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms === undefined) throw wrongValue(option, 'a duration such as 500ms, 30s or 5m', value);
  return ms;
}

/** Undefined when the option was not given. */
export function oneOf<const T extends string>(
  option: string,
  words: readonly T[],
  value: string | undefined,
): T | undefined {
  const found = words.find((word) => word === value);
  if (value !== undefined && found === undefined) throw wrongValue(option, words.join(', '), value);
  return found;
}
