import { invariant } from '../kernel/invariant.ts';
import type { Duration, Size } from './options.ts';

/** A year: longer is a slip of the pen, and every bound stays far from where numbers lose milliseconds. */
export const DURATION_MS_MAX = 365 * 24 * 60 * 60 * 1000;
/** 1 PiB, for the same reason. */
export const SIZE_BYTES_MAX = 2 ** 50;

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES_PER_UNIT: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/** Milliseconds, or undefined when it is not a duration. */
export function parseDuration(value: unknown): number | undefined {
  return parseQuantity(value, /^(\d+(?:\.\d+)?)(ms|s|m|h)$/, MS_PER_UNIT, DURATION_MS_MAX);
}

/** Bytes, or undefined when it is not a size. */
export function parseSize(value: unknown): number | undefined {
  return parseQuantity(value, /^(\d+(?:\.\d+)?)(B|KB|MB|GB)$/, BYTES_PER_UNIT, SIZE_BYTES_MAX);
}

/** The beginning of the day `'2026-05-01'` in UTC, in ms since the epoch; undefined when the calendar has no such day. */
export function parseDay(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return undefined;
  const at = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value) ? at : undefined;
}

/** For values that the schema has let through. */
export function dayMs(value: string): number {
  return known(parseDay(value), value);
}

/** For values that the schema has let through. */
export function durationMs(value: Duration): number {
  return known(parseDuration(value), value);
}

/** For values that the schema has let through. */
export function sizeBytes(value: Size): number {
  return known(parseSize(value), value);
}

function parseQuantity(
  value: unknown,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
  max: number,
): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value <= max ? value : undefined;
  const [, amount, unit] = (typeof value === 'string' ? pattern.exec(value) : null) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const total = Math.round(Number(amount) * (units[unit] ?? Number.NaN));
  return total <= max ? total : undefined;
}

function known(parsed: number | undefined, value: unknown): number {
  invariant(parsed !== undefined, `${JSON.stringify(value)} went past the schema`);
  return parsed;
}
