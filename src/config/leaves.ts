import { z } from 'zod';
import { NAME_PATTERN } from '../kernel/spec.ts';
import { VARIABLE_PATTERN } from './environment.ts';
import type { Duration, Size } from './options.ts';
import { closest } from './suggest.ts';
import { parseDay, parseDuration, parseSize } from './units.ts';

/** A next step for a value that did not fit, when one can be told from the value. */
export type Hint = (value: unknown) => string | undefined;

export const NAME_EXPECTED =
  'a name of at most 64 letters, digits, ".", "_" and "-" that begins with a letter or digit';
export const VARIABLE_EXPECTED = 'the name of a variable: letters, digits and "_"';

/** Not in this release; named so that whoever read about them is told so. */
const LATER_MODES = ['interactive', 'task'];

export const text = leaf<string>('text', isFilledText);
/** An argument or a variable's value may be empty. */
export const anyText = leaf<string>('text', isText, (value) =>
  typeof value === 'number' || typeof value === 'boolean' ? `write it as text: '${value}'` : undefined,
);
export const flag = leaf<boolean>('true or false', (value) => typeof value === 'boolean');
export const name = leaf<string>(NAME_EXPECTED, (value) => isText(value) && NAME_PATTERN.test(value));
export const agentName = leaf<string>(
  `${NAME_EXPECTED}, and is not "all"`,
  (value) => isText(value) && NAME_PATTERN.test(value) && value !== 'all',
  (value) => (value === 'all' ? '`all` stands for every agent on the command line' : undefined),
);
export const variable = leaf<string>(VARIABLE_EXPECTED, (value) => isText(value) && VARIABLE_PATTERN.test(value));
export const timeOfDay = leaf<string>(
  "a time of day, 'HH:MM'",
  (value) => isText(value) && /^([01]\d|2[0-3]):[0-5]\d$/.test(value),
);
export const day = leaf<string>("a day, 'YYYY-MM-DD'", (value) => parseDay(value) !== undefined);
export const prompt = leaf<string | false>('text or false', (value) => value === false || isFilledText(value));
export const names = leaf<string | readonly string[]>(
  'the name of a credential or a list of names',
  (value) => isFilledText(value) || (Array.isArray(value) && value.every(isFilledText)),
);
export const address = leaf<string>(
  'an http or https address',
  (value) => isText(value) && /^https?:\/\//.test(value) && URL.canParse(value),
);
export const mode = oneOf(['stream', 'command'], (value) =>
  LATER_MODES.some((later) => later === value) ? `mode '${String(value)}' is not in this release` : undefined,
);

/** A duration that may be zero. */
export const duration = leaf<Duration>(
  "a duration such as '300ms', '30s', '5m' or '1h', or milliseconds",
  (value) => parseDuration(value) !== undefined,
  unitHint,
);
export const positiveDuration = leaf<Duration>(
  "a duration above zero such as '300ms', '30s', '5m' or '1h', or milliseconds",
  isPositiveDuration,
  unitHint,
);
export const positiveDurationOrFalse = leaf<Duration | false>(
  "a duration above zero such as '45m' or '1h', milliseconds, or false for never",
  (value) => value === false || isPositiveDuration(value),
  unitHint,
);
export const positiveSize = leaf<Size>(
  "a size above zero such as '300KB', '50MB' or '2GB', or bytes",
  (value) => (parseSize(value) ?? 0) > 0,
  (value) =>
    typeof value === 'string' && /^\d+(\.\d+)?[KMG]$/i.test(value) ? `write '${value.toUpperCase()}B'` : undefined,
);

export function count(min: number): z.ZodType<number, number> {
  return leaf<number>(`a whole number, ${min} or more`, (value) => Number.isSafeInteger(value) && Number(value) >= min);
}

export function between(min: number, max: number): z.ZodType<number, number> {
  return leaf<number>(
    `a number from ${min} to ${max}`,
    (value) => typeof value === 'number' && value >= min && value <= max,
  );
}

export const dollars = leaf<number>(
  'an amount in US dollars above zero',
  (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
);

export function oneOf<const T extends string>(values: readonly T[], hint?: Hint): z.ZodType<T, T> {
  const quoted = values.map((value) => `'${value}'`);
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return leaf<T>(
    expected,
    (value) => values.some((known) => known === value),
    (value) => hint?.(value) ?? slipHint(value, values),
  );
}

/**
 * One value. The whole wording of a mistake comes from here: zod only finds the place. The hint rides in `params`,
 * where `shape.ts` picks it up.
 */
function leaf<T>(expected: string, fits: (value: unknown) => boolean, hint?: Hint): z.ZodType<T, T> {
  return z.custom<T>(fits, { error: expected, params: { hint } });
}

/** No program takes a NUL byte in an argument, a path or a variable. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0');
}

function isFilledText(value: unknown): boolean {
  return isText(value) && value !== '';
}

function isPositiveDuration(value: unknown): boolean {
  return (parseDuration(value) ?? 0) > 0;
}

function unitHint(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const bare = /^\d+$/.exec(value.trim());
  if (bare !== null) return `it has no unit: write '${value.trim()}s' for seconds`;
  const known: Readonly<Record<string, string>> = { sec: 's', second: 's', min: 'm', minute: 'm', hr: 'h', hour: 'h' };
  const [, amount, word] = /^(\d+)\s*([a-z]+?)s?$/i.exec(value.trim()) ?? [];
  const unit =
    word === undefined
      ? undefined
      : (known[word.toLowerCase()] ?? (/^(m|h)$/i.test(word) ? word.toLowerCase() : undefined));
  return amount === undefined || unit === undefined ? undefined : `write '${amount}${unit}'`;
}

function slipHint(value: unknown, values: readonly string[]): string | undefined {
  const near = typeof value === 'string' ? closest(value, values) : undefined;
  return near === undefined ? undefined : `did you mean '${near}'?`;
}
