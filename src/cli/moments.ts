import { parseDuration } from '../config/units.ts';
import { wrongValue } from './usage.ts';

const EXPECTED = 'how long ago (30s, 10m, 2h) or a time here such as 2026-11-20T10:00';
const FORM =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.\d+)?)?(?<zone>Z)?)?$/;

/** Milliseconds since the epoch; undefined when the option was not given. */
export function momentOf(option: string, value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const ago = parseDuration(value);
  const moment = ago === undefined ? dateOf(value) : now - ago;
  if (moment === undefined) throw wrongValue(option, EXPECTED, value);
  return moment;
}

/** As clocks on the wall here show it, unless it ends with Z. */
function dateOf(value: string): number | undefined {
  const parts = FORM.exec(value)?.groups;
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = [
    parts['year'],
    parts['month'],
    parts['day'],
    parts['hour'],
    parts['minute'],
    parts['second'],
  ].map((part) => Number(part ?? 0));
  // A day that its month has not, and an hour that its day has not, would be taken for one of the next.
  const isReal = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day && month >= 1 && month <= 12;
  if (!isReal || hour > 23 || minute > 59 || second > 59) return undefined;
  return parts['zone'] === undefined
    ? new Date(year, month - 1, day, hour, minute, second).getTime()
    : Date.UTC(year, month - 1, day, hour, minute, second);
}
