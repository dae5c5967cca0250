const UNITS = [
  { letter: 'd', ms: 86_400_000 },
  { letter: 'h', ms: 3_600_000 },
  { letter: 'm', ms: 60_000 },
] as const;

/** `5s`, `12m`, `3h`, `2d`: the largest unit that fits; nobody reads a list for the rest. */
export function ageOf(ms: number): string {
  const unit = UNITS.find((candidate) => ms >= candidate.ms);
  if (unit === undefined) return `${Math.max(0, Math.floor(ms / 1000))}s`;
  return `${Math.floor(ms / unit.ms)}${unit.letter}`;
}

/** How long something took: tenths of a second as long as they matter. */
export const durationOf = (ms: number): string => (ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : ageOf(ms));

export const ageSince = (at: string | null, now: number): string => (at === null ? '-' : ageOf(now - Date.parse(at)));

const DAY_MS = 86_400_000;

/** Time until the end of something that is told in days: a day that has begun counts. */
export const leftOf = (ms: number): string => (ms > DAY_MS ? `${Math.ceil(ms / DAY_MS)}d` : ageOf(ms));

/** Time until then; `now` when it is due. */
export function untilThen(at: string | null, now: number): string {
  if (at === null) return '-';
  const ms = Date.parse(at) - now;
  return ms <= 0 ? 'now' : ageOf(ms);
}
