import { ageOf } from '../wording/ages.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const two = (number: number): string => String(number).padStart(2, '0');

/** Of a time of day with its day: `11-20 06:37`. */
export const CLOCK_WIDTH = 11;

/** `07:04` by the clocks here, with the day in front when that is more than twelve hours away from now: `11-21 07:04`. */
export function clockTime(at: string | number, now: number): string {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (Math.abs(date.getTime() - now) < DAY_MS / 2) return time;
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** How long until then: `1:24`, `2:05:00`; `due` when it is time. */
export function countdown(at: string, now: number): string {
  const ms = Date.parse(at) - now;
  if (ms <= 0) return 'due';
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** A countdown that is worth watching, else the time of day. */
export const countdownOrTime = (at: string, now: number): string =>
  Date.parse(at) - now < HOUR_MS ? countdown(at, now) : clockTime(at, now);

/** `12s`, `4m`: how long since then. */
export const ageAt = (at: string, now: number): string => ageOf(Math.max(0, now - Date.parse(at)));
