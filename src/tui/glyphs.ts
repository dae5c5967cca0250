import type { AgentRow } from '../protocol/rows.ts';
import type { Look } from './line.ts';

type Pair = readonly [unicode: string, ascii: string];

/** Beside the word, never instead of it. */
const STATES: Readonly<Record<AgentRow['state'], Pair>> = {
  stopped: ['○', 'o'],
  starting: ['◔', '~'],
  running: ['●', '*'],
  stopping: ['◑', '~'],
  waiting: ['◷', '.'],
  errored: ['✖', 'x'],
};

const SIGNS = {
  selected: ['>', '>'],
  match: ['▸', '>'],
  rule: ['─', '-'],
  upright: ['│', '|'],
  more: ['…', '...'],
  up: ['▲', '^'],
  down: ['▼', 'v'],
  good: ['█', '#'],
  failed: ['▒', 'x'],
  restarted: ['↻', 'r'],
  nothing: ['·', '.'],
  cursor: ['▏', '_'],
  times: ['×', 'x'],
  dash: ['–', '-'],
} as const satisfies Readonly<Record<string, Pair>>;

export type Sign = keyof typeof SIGNS;

export const stateGlyph = (state: AgentRow['state'], { unicode }: Look): string => STATES[state][unicode ? 0 : 1];
export const glyph = (sign: Sign, { unicode }: Look): string => SIGNS[sign][unicode ? 0 : 1];
