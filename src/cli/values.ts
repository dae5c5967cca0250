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

export function durationMs(option: string, value: string): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw wrongValue(option, 'a duration such as 500ms, 30s or 5m', value);
  return ms;
}

/** A part of a text, or a /regular expression/ with its flags; undefined when the option was not given. */
export function patternOf(option: string, value: string | undefined): ((text: string) => boolean) | undefined {
  if (value === undefined) return undefined;
  const wrong = wrongValue(option, 'a text or a /regular expression/', value);
  if (value === '') throw wrong;
  const [, source, flags] = /^\/(.+)\/([imsu]*)$/s.exec(value) ?? [];
  if (source === undefined) return (text) => text.includes(value);
  try {
    const expression = new RegExp(source, flags);
    return (text) => expression.test(text);
  } catch {
    throw wrong;
  }
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
