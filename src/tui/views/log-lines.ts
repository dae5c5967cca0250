import { localTime } from '../../wording/local-times.ts';
import { glyph } from '../glyphs.ts';
import { cutLine, cutText, fitted, line, lineWidth, span, spread, widthOf } from '../line.ts';
import type { Line, Look, Size, Span } from '../line.ts';
import type { LogEntry, LogRun } from '../log-entry.ts';
import type { LogsView, Model } from '../model.ts';
import { textFrom } from '../width.ts';
import { entryCuts, frameOf, GAP, layoutOf, lineAt, lineCount, placeOf, topOf } from './log-layout.ts';
import type { LogFrame, LogLayout } from './log-layout.ts';
import { marksOf, matchCount, matchNumber, patternOf } from './log-search.ts';

/** As `logs` of the command line has them. */
const STYLES: Readonly<Record<string, Omit<Span, 'text'>>> = {
  run: { bold: true },
  user: { tone: 'info' },
  error: { tone: 'bad' },
  stderr: { tone: 'bad' },
  retry: { tone: 'warn' },
  limit: { tone: 'warn' },
  log: { bold: true, tone: 'warn' },
};

/** The name of the agent gives way to what is beside it, down to this. */
const NAME_WIDTH_MIN = 20;

export function logLines(model: Model, view: LogsView, size: Size): readonly Line[] {
  const { look } = model;
  const frame = frameOf(view, size);
  const layout = layoutOf(view, size);
  const top = topOf(view, layout, frame.height);
  // Before the lines are marked: it takes a time limit.
  const statusLine = status(view, { layout, frame, top, look }, size.columns);
  const text = textLines(view, { layout, frame, top, look });
  const space = Array.from({ length: frame.hasStatus ? frame.height - text.length : 0 }, () => line(''));
  return [
    head(model, view, { layout, frame, top }, size.columns),
    ...text,
    ...space,
    ...(frame.hasStatus ? [statusLine] : []),
  ]
    .map((shown) => cutLine(shown, size.columns, look))
    .slice(0, Math.max(0, size.rows));
}

type Shown = { readonly layout: LogLayout; readonly frame: LogFrame; readonly top: number };

function textLines(view: LogsView, shown: Shown & { readonly look: Look }): readonly Line[] {
  const { layout, frame, top } = shown;
  if (lineCount(layout) === 0) return [line(nothing(view), { tone: 'dim' })].slice(0, frame.height);
  const lines: Line[] = [];
  for (let { entry, line: within } = placeOf(layout, top); lines.length < frame.height; within = 0, entry += 1) {
    const found = layout.entries[entry];
    if (found === undefined) break;
    const count = Math.min(entryCuts(found, layout.width).length / 2, within + frame.height - lines.length);
    for (; within < count; within += 1) lines.push(textLine(view, found, { entry, line: within }, shown));
  }
  return lines;
}

function nothing(view: LogsView): string {
  if (view.entries === null) return 'Reading the log ...';
  return view.runs.length === 0 ? `${view.name} has not run yet.` : `${view.name} has said nothing yet.`;
}

function textLine(
  view: LogsView,
  entry: LogEntry,
  at: { readonly entry: number; readonly line: number },
  { layout, frame, look }: Shown & { readonly look: Look },
): Line {
  const cuts = entryCuts(entry, layout.width);
  const style = STYLES[entry.who] ?? {};
  const isCurrent = view.match?.entry === at.entry && lineAt(cuts, view.match.at) === at.line;
  return [
    span(at.line === 0 ? fitted(entry.who, frame.who, 'left', look) : ' '.repeat(frame.who), style),
    isCurrent ? span(fitted(glyph('match', look), GAP, 'left', look), { bold: true }) : span(' '.repeat(GAP)),
    ...shownText(view, entry, { begin: cuts[at.line * 2] ?? 0, end: cuts[at.line * 2 + 1] ?? 0 }, frame),
  ];
}

type Piece = { readonly begin: number; readonly end: number };

/** Of a long line only what may be seen is looked at. */
function shownText(view: LogsView, entry: LogEntry, { begin, end }: Piece, frame: LogFrame): Line {
  // Where there are no labels (raw), too, nobody must take what agentvisor says for the agent's words.
  const style: Omit<Span, 'text'> = entry.who === 'run' || entry.who === 'log' ? { bold: true } : {};
  const current = view.entries?.[view.match?.entry ?? -1] === entry ? (view.match?.at ?? -1) : -1;
  if (view.wrap) return marked(view, entry, { piece: { begin, end }, current, style });
  // Two more, so that what does not fit is seen to be missing.
  const seen = cutText(entry.text.slice(begin, end), view.left + frame.text + 2);
  return lineFrom(marked(view, entry, { piece: { begin, end: begin + seen.length }, current, style }), view.left);
}

type Marked = { readonly piece: Piece; readonly current: number; readonly style: Omit<Span, 'text'> };

/** With what matches in it: inverse, the current one in bold and yellow, too. */
function marked({ search }: LogsView, entry: LogEntry, { piece, current, style }: Marked): Line {
  const marks = marksOf(entry, search);
  const parts: Span[] = [];
  let at = piece.begin;
  for (let index = 0; index < marks.length; index += 2) {
    const begin = Math.max(at, marks[index] ?? 0);
    const end = Math.min(piece.end, marks[index + 1] ?? 0);
    if (begin >= piece.end) break;
    if (end <= begin) continue;
    const isCurrent = marks[index] === current;
    parts.push(span(entry.text.slice(at, begin), style));
    parts.push(
      span(entry.text.slice(begin, end), isCurrent ? { inverse: true, bold: true, tone: 'warn' } : { inverse: true }),
    );
    at = end;
  }
  return [...parts, span(entry.text.slice(at, piece.end), style)];
}

/** A line without its first columns. */
function lineFrom(parts: Line, columns: number): Line {
  const kept: Span[] = [];
  let over = columns;
  for (const part of parts) {
    const width = over === 0 ? 0 : widthOf(part.text);
    if (over === 0) kept.push(part);
    else if (width > over) kept.push({ ...part, text: textFrom(part.text, over) });
    over = Math.max(0, over - width);
  }
  return kept;
}

/** Who, which run, and how it is shown: `bob  run 000012 since 10:16:20 …  following · wrap`. */
function head({ look, now }: Model, view: LogsView, shown: Shown, columns: number): Line {
  const right = span(waysOf(view).join(look.unicode ? ' · ' : ', '), view.follow ? {} : { tone: 'warn' });
  const room = Math.max(NAME_WIDTH_MIN, columns - widthOf(right.text) - GAP);
  const left = cutLine([span(view.name, { bold: true }), span(`  ${runText(view, shown, now, look)}`)], room, look);
  return lineWidth(left) + widthOf(right.text) + GAP > columns
    ? [...left, span('  '), right]
    : spread(left, [right], columns, look);
}

const waysOf = ({ follow, wrap, raw, dropped }: LogsView): readonly string[] => [
  follow ? 'following' : 'paused',
  wrap ? 'wrap' : 'no wrap',
  ...(raw ? ['raw'] : []),
  ...(dropped > 0 ? [`${grouped(dropped)} dropped`] : []),
];

function runText(view: LogsView, shown: Shown, now: number, look: Look): string {
  const name = runShown(view, shown);
  if (name === null) return 'no run yet';
  const found = view.runs.find(({ run }) => run === name);
  const times = found === undefined ? '' : timesText(found, now, look);
  return `${view.run === null ? 'all runs: ' : 'run '}${name}${times}`;
}

/** Of all runs the one that the last line on the screen belongs to. */
export function runShown(view: LogsView, { layout, frame, top }: Shown): string | null {
  if (view.run !== null) return view.run;
  const last = Math.min(lineCount(layout), top + frame.height) - 1;
  return layout.entries[placeOf(layout, last).entry]?.run ?? view.runs.at(-1)?.run ?? null;
}

function timesText({ startedAt, endedAt }: LogRun, now: number, look: Look): string {
  if (startedAt === null) return endedAt === null ? '' : `, ended ${timeText(endedAt, now)}`;
  const start = timeText(startedAt, now);
  return endedAt === null ? ` since ${start}` : ` ${start}${glyph('dash', look)}${timeText(endedAt, startedAt)}`;
}

const DATE_LENGTH = '2026-11-20'.length;

/** With the day only when it is another one than that of the other moment. */
function timeText(at: number, other: number): string {
  const [time, day] = [at, other].map((ms) => localTime(new Date(ms).toISOString()));
  return time?.slice(0, DATE_LENGTH) === day?.slice(0, DATE_LENGTH)
    ? (time?.slice(DATE_LENGTH + 1) ?? '')
    : (time ?? '');
}

/** What is looked for, and where one is. */
function status(view: LogsView, { layout, frame, top, look }: Shown & { readonly look: Look }, columns: number): Line {
  const below = lineCount(layout) - top - frame.height;
  const above = top > 0 ? `${grouped(top)} above` : '';
  const right = [above, below > 0 ? `${grouped(below)} below` : ''].filter((text) => text !== '').join(', ');
  const left = view.search === '' ? line('') : [span(searchText(view)), span(`  ${view.search}`, { bold: true })];
  return spread(
    cutLine(left, Math.max(0, columns - right.length - GAP), look),
    [span(right, { tone: 'dim' })],
    columns,
    look,
  );
}

function searchText({ entries, search, match }: LogsView): string {
  const count = matchCount(entries ?? [], search);
  if (patternOf(search).is === 'wrong') return 'search given up';
  if (count === 0) return 'no match';
  if (match === null) return count === 1 ? '1 match' : `${grouped(count)} matches`;
  return `match ${grouped(matchNumber(entries ?? [], search, match))} of ${grouped(count)}`;
}

const grouped = (count: number): string => count.toLocaleString('en-US');
