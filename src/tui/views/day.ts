import { SLOT_MS } from '../../kernel/activity.ts';
import type { ActivityRow } from '../../protocol/board.ts';
import { count } from '../../wording/count.ts';
import type { Section } from '../document.ts';
import { glyph, type Sign } from '../glyphs.ts';
import { line, span, type Line, type Look, type Span, type Tone } from '../line.ts';

const DAY_MS = 24 * 60 * 60_000;
/** How many quarter hours one character may stand for, and how that is called. */
const STEPS = [
  { slots: 1, called: 'a quarter hour' },
  { slots: 2, called: 'half an hour' },
  { slots: 4, called: 'an hour' },
] as const;
/** Left and right of the strip. */
const MARGIN = 12;
const INDENT = 1;
/** An hour is written below every third one. */
const MARK_EVERY_HOURS = 3;

type Worst = Extract<Sign, 'failed' | 'restarted' | 'good' | 'nothing'>;

const TONES: Readonly<Record<Worst, Tone>> = { failed: 'bad', restarted: 'warn', good: 'good', nothing: 'dim' };

/** The last day of an agent: a strip, the hours below it, and what its signs mean. `now`: ms since the epoch. */
export function daySection(activity: readonly ActivityRow[], now: number, columns: number, look: Look): Section {
  const step = STEPS.find(({ slots }) => DAY_MS / (slots * SLOT_MS) + MARGIN <= columns) ?? STEPS[2];
  const binMs = step.slots * SLOT_MS;
  const begins = beginsOf(binMs, now);
  const first = begins[0] ?? now;
  const worst = begins.map((): Worst => 'nothing');
  const total = { good: 0, failed: 0, restarts: 0 };
  for (const row of activity) {
    const at = Date.parse(row.at);
    // A clock that was set back leaves slots behind in the future.
    const bin = Math.min(begins.length - 1, Math.floor((at - first) / binMs));
    if (!(bin >= 0)) continue;
    worst[bin] = worse(worst[bin] ?? 'nothing', worstOf(row));
    total.good += row.good;
    total.failed += row.failed;
    total.restarts += row.restarts;
  }
  const indent = span(' '.repeat(INDENT));
  const signs = worst.map((sign) => span(glyph(sign, look), { tone: TONES[sign] }));
  return {
    title: `LAST 24 HOURS, each sign ${step.called}`,
    lines: [
      [indent, ...runs(signs)],
      line(`${' '.repeat(INDENT)}${marks(begins, binMs)}`, { tone: 'dim' }),
      legend(total, look),
    ],
  };
}

/** When each character begins, oldest first; whole hours of the clocks here begin one. */
function beginsOf(binMs: number, now: number): readonly number[] {
  const offsetMs = new Date(now).getTimezoneOffset() * 60_000;
  const last = Math.floor((now - offsetMs) / binMs) * binMs + offsetMs;
  const length = DAY_MS / binMs;
  return Array.from({ length }, (_, index) => last - (length - 1 - index) * binMs);
}

const ORDER: readonly Worst[] = ['nothing', 'good', 'restarted', 'failed'];
const worse = (one: Worst, other: Worst): Worst => (ORDER.indexOf(one) >= ORDER.indexOf(other) ? one : other);

function worstOf({ good, failed, restarts }: ActivityRow): Worst {
  if (failed > 0) return 'failed';
  if (restarts > 0) return 'restarted';
  return good > 0 ? 'good' : 'nothing';
}

function marks(begins: readonly number[], binMs: number): string {
  const text = begins.map(() => ' ');
  begins.forEach((at, index) => {
    const begin = new Date(at);
    const hour = begin.getHours();
    const isFirstOfHour = begin.getMinutes() * 60_000 < binMs;
    if (!isFirstOfHour || hour % MARK_EVERY_HOURS !== 0 || index + 2 > text.length) return;
    const [tens = '', ones = ''] = String(hour).padStart(2, '0');
    text[index] = tens;
    text[index + 1] = ones;
  });
  return text.join('').trimEnd();
}

function legend(total: Omit<ActivityRow, 'at'>, look: Look): Line {
  const entries: readonly (readonly [Worst, string])[] = [
    ['good', `${total.good} good`],
    ['failed', `${total.failed} failed`],
    ['restarted', count(total.restarts, 'restart')],
    ['nothing', 'nothing'],
  ];
  return [
    span(' '.repeat(INDENT)),
    ...entries.flatMap(([sign, text]) => [
      span(glyph(sign, look), { tone: TONES[sign] }),
      span(` ${text}${sign === 'nothing' ? '' : '   '}`, { tone: 'dim' }),
    ]),
  ];
}

/** Neighbours of one style as one piece. */
function runs(spans: readonly Span[]): Line {
  const joined: Span[] = [];
  for (const each of spans) {
    const last = joined.at(-1);
    if (last !== undefined && last.tone === each.tone)
      joined[joined.length - 1] = { ...last, text: last.text + each.text };
    else joined.push(each);
  }
  return joined;
}
