import type { ExplanationRow } from '../../protocol/rows.ts';
import { withLocalTimes } from '../../wording/local-times.ts';
import { glyph } from '../glyphs.ts';
import { line, shortened, span, wrapText, type Line, type Size } from '../line.ts';
import type { Model } from '../model.ts';

const LABELS = [
  ['why', 'why'],
  ['next', 'next'],
  ['todo', 'you'],
] as const;
const LABEL_WIDTH = 6;

/** As many lines as little is said in: what stands above moves seldom. */
const ROWS_MIN = 4;

/** What is, why, what comes next and what a person could do, in at most that many lines. */
export function explanationLines({ look }: Model, row: ExplanationRow, size: Size): readonly Line[] {
  const room = size.columns - LABEL_WIDTH - 1;
  const said = LABELS.filter(([field]) => row[field] !== '');
  const lines: Line[] = [
    line(glyph('rule', look).repeat(size.columns), { tone: 'dim' }),
    line(` ${shortened(withLocalTimes(row.is), size.columns - 1, look)}`, { bold: true }),
  ];
  // Each says at least its beginning; what is longer takes what the others leave.
  let free = Math.max(0, size.rows - lines.length - said.length);
  for (const [field, label] of said) {
    const wrapped = wrapText(withLocalTimes(row[field]).replaceAll('\n', ' '), room);
    const shown = wrapped.slice(0, 1 + free);
    free -= shown.length - 1;
    shown.forEach((text, index) => {
      const isCut = index === shown.length - 1 && shown.length < wrapped.length;
      const whole = isCut ? shortened(`${text} ${wrapped[shown.length] ?? ''}`, room, look) : text;
      lines.push([span(` ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}`, { tone: 'dim' }), span(whole)]);
    });
  }
  const blank = Math.max(0, Math.min(ROWS_MIN, size.rows) - lines.length);
  return [...lines, ...Array.from({ length: blank }, () => line(''))].slice(0, size.rows);
}

/** All of it in one paragraph. */
export const explanationText = ({ text }: ExplanationRow): string => withLocalTimes(text).replaceAll('\n', ' ');
