import { CAST } from './cast.ts';
import { Random } from './os/random.ts';

/** All that may happen in a history, and how often it does. */
const CHANCES = {
  send: 40,
  'send-again': 4,
  stop: 5,
  start: 6,
  restart: 5,
  pause: 3,
  resume: 3,
  reset: 1,
  delete: 1.5,
  apply: 5,
  save: 1.5,
  flush: 1,
  look: 2,
  'kill-daemon': 8,
  'kill-daemon-in-a-call': 12,
  'kill-daemon-at-a-standstill': 4,
  'stop-daemon': 2,
  'power-cut': 5,
  'lose-notifications': 6,
  'full-disk': 4,
  'clock-jump': 3,
  sleep: 2,
  stall: 2,
  'agent-crash': 7,
  'agent-killed': 3,
  'shim-killed': 3,
  hang: 2,
  mute: 1,
  'reject-session': 5,
  'reject-credential': 2,
  overload: 1,
  'late-exit': 4,
  stubborn: 2,
  'leaves-behind': 3,
  chatter: 6,
  'no-processes': 1.5,
} as const;

export type Deed = keyof typeof CHANCES;

/** `x` and `y` are drawn in [0, 1) and mean what the deed makes of them. */
export type Move = {
  readonly atMs: number;
  readonly do: Deed;
  readonly agent: string;
  readonly x: number;
  readonly y: number;
};

export type History = {
  readonly seed: number;
  readonly agents: readonly string[];
  readonly moves: readonly Move[];
};

const DEEDS = Object.keys(CHANCES) as Deed[];
const SUM = DEEDS.reduce((sum, deed) => sum + CHANCES[deed], 0);
const MOVES_MIN = 2;
const MOVES_MAX = 10;
const SPAN_MS_MAX = 2_500;

function drawDeed(random: Random): Deed {
  let left = random.next() * SUM;
  for (const deed of DEEDS) {
    left -= CHANCES[deed];
    if (left < 0) return deed;
  }
  return 'send';
}

export function historyOf(seed: number): History {
  const random = new Random(seed * 2 + 1);
  const names = CAST.map(({ name }) => name);
  const count = random.pick([1, 1, 1, 2, 2, 3]);
  const agents: string[] = [];
  while (agents.length < count) {
    const name = random.pick(names);
    if (!agents.includes(name)) agents.push(name);
  }
  const span = random.between(100, SPAN_MS_MAX);
  const moves = Array.from({ length: MOVES_MIN + random.below(MOVES_MAX - MOVES_MIN) }, () => ({
    atMs: Math.round(random.between(0, span)),
    do: drawDeed(random),
    agent: random.pick(agents),
    x: random.next(),
    y: random.next(),
  }));
  return { seed, agents, moves: moves.toSorted((one, other) => one.atMs - other.atMs) };
}

export const tell = ({ atMs, do: deed, agent }: Move): string => `${String(atMs).padStart(6)} ms  ${deed} ${agent}`;
