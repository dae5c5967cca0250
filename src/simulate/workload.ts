import { diceOf, type Dice } from './dice.ts';

/** One thing that an agent is asked: the same for every policy. */
export type Asked = {
  /** A UUID that ends in 0000, as the id of a message must. */
  readonly id: string;
  readonly agent: string;
  readonly at: number;
  /** How long an agent that nobody turns away works on it. */
  readonly turnMs: number;
  /** Since the agent's last question was worked off, had nobody turned it away. */
  readonly idleMs: number;
};

/** Mean pause between two questions to an agent, by day and by night. */
const DAY_PAUSE_MS = 10 * 60_000;
const NIGHT_PAUSE_MS = 60 * 60_000;
const DAY_BEGINS_HOUR = 7;
const DAY_ENDS_HOUR = 22;
const TURN_MS_MEDIAN = 90_000;
const TURN_SPREAD = 1;
const TURN_MS_MIN = 2_000;
const TURN_MS_MAX = 20 * 60_000;

export const hourOf = (at: number): number => new Date(at).getUTCHours();

/** What agents are asked between two times, oldest first: often by day, seldom by night (UTC). */
export function workload(agents: readonly string[], from: number, until: number, seed: number): readonly Asked[] {
  const asked = agents.flatMap((agent, index) => askedOf(agent, index, from, until, diceOf(seed * 7_919 + index)));
  return asked.toSorted((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
}

function askedOf(agent: string, index: number, from: number, until: number, dice: Dice): readonly Asked[] {
  const asked: Asked[] = [];
  let at = from;
  let busyUntil = from;
  for (;;) {
    const hour = hourOf(at);
    const isDay = hour >= DAY_BEGINS_HOUR && hour < DAY_ENDS_HOUR;
    at += Math.round(dice.exponential(isDay ? DAY_PAUSE_MS : NIGHT_PAUSE_MS));
    if (at >= until) return asked;
    const turnMs = turnOf(dice);
    asked.push({ id: idOf(index, asked.length), agent, at, turnMs, idleMs: Math.max(0, at - busyUntil) });
    busyUntil = Math.max(busyUntil, at) + turnMs;
  }
}

const turnOf = (dice: Dice): number =>
  Math.round(Math.min(TURN_MS_MAX, Math.max(TURN_MS_MIN, dice.logNormal(TURN_MS_MEDIAN, TURN_SPREAD))));

const idOf = (agent: number, number: number): string => `${hex(agent, 8)}-0000-4000-8000-${hex(number + 1, 8)}0000`;

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
