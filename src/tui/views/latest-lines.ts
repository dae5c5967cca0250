import type { EventRow } from '../../protocol/rows.ts';
import { withLocalTimes } from '../../wording/local-times.ts';
import { cutLine, fitted, line, span, widthOf, type Line, type Size } from '../line.ts';
import type { Model } from '../model.ts';
import { clockTime } from '../times.ts';

const TITLE = ' what happened last';
const EVENT_WIDTH = 15;
const NAME_WIDTH_MAX = 20;
/** Fewer than this and the title would take more than it gives. */
const ROWS_MIN = 3;
/** More than this is read in the history. */
const ROWS_MAX = 12;

/** The newest events below a title, the last one lowest, in exactly that many lines. */
export function latestLines({ events, look, now }: Model, { columns, rows }: Size): readonly Line[] {
  const shown = events.slice(-Math.min(ROWS_MAX, rows - 1));
  const blank = (count: number): readonly Line[] => Array.from({ length: Math.max(0, count) }, () => line(''));
  if (rows < ROWS_MIN || shown.length === 0) return blank(rows);
  const nameWidth = Math.min(NAME_WIDTH_MAX, Math.max(...shown.map(({ agent }) => widthOf(agent))));
  const lineOf = ({ at, agent, event, cause, detail }: EventRow): Line => {
    const words = [cause, detail].filter((word) => word !== null && word !== '').join(': ');
    return cutLine(
      [
        span(` ${clockTime(at, now).padStart(11)}  `, { tone: 'dim' }),
        span(`${fitted(agent, nameWidth, 'left', look)}  ${event.padEnd(EVENT_WIDTH)}  `),
        span(withLocalTimes(words).replaceAll('\n', ' '), { tone: 'dim' }),
      ],
      columns,
      look,
    );
  };
  return [...blank(rows - 1 - shown.length), line(TITLE, { bold: true }), ...shown.map(lineOf)];
}
