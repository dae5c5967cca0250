import stringWidth from 'string-width';

/**
 * Characters of one column each, of which none joins its neighbours: Latin, Greek, Cyrillic, punctuation, arrows, lines.
 * What an emoji may be made of is not among them. A test compares all of them with string-width.
 */
const NARROW_CLASS = String.raw`[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2190-\u22ff\u2500-\u25fc]`;
/** The same of two columns: Chinese, Japanese and Korean as they are commonly written. */
const WIDE_CLASS = String.raw`[\u3001-\u3029\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]`;
const PICTURE = String.raw`\p{Extended_Pictographic}`;

/** Printable ASCII: as many columns as characters. */
const PLAIN = /^[\u0020-\u007e]*$/;
// In the notation with set differences, which the compiler does not know for our target, and Node 20 does.
const NARROW = new RegExp(`^[${NARROW_CLASS}--${PICTURE}]*$`, 'v');
const SIMPLE = new RegExp(`[[${NARROW_CLASS}${WIDE_CLASS}]--${PICTURE}]+`, 'gv');
const FIRST_WIDE = 0x3001;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** One grapheme: what a terminal draws as one, in UTF-16 units of its text. */
type Cell = { readonly start: number; readonly end: number; readonly width: number };

/** In columns. */
export function widthOf(text: string): number {
  if (isNarrow(text)) return text.length;
  let width = 0;
  for (const cell of cellsOf(text)) width += cell.width;
  return width;
}

/** As many columns as UTF-16 units. */
const isNarrow = (text: string): boolean => PLAIN.test(text) || NARROW.test(text);

/** As much of a text as fits into that many columns; a wide character is never cut in two. */
export function cutText(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(0, Math.max(0, width));
  let room = width;
  let end = 0;
  for (const cell of cellsOf(text)) {
    if (cell.width > room) break;
    room -= cell.width;
    end = cell.end;
  }
  return text.slice(0, end);
}

/**
 * A text from that column on; where the cut would go through a wide character, blanks stand for the rest of it.
 */
export function textFrom(text: string, column: number): string {
  if (PLAIN.test(text)) return text.slice(Math.max(0, column));
  let passed = 0;
  for (const cell of cellsOf(text)) {
    if (passed >= column) return `${' '.repeat(passed - column)}${text.slice(cell.start)}`;
    passed += cell.width;
  }
  return ' '.repeat(Math.max(0, passed - column));
}

/** Where lines begin and end in a text: begin, end, begin, end …, in UTF-16 units. */
export type Cuts = readonly number[];

/**
 * Cuts a text into lines of that many columns: at line feeds, at blanks where it can, else hard. The blanks at a cut
 * belong to no line.
 */
export function cutsOf(text: string, width: number): Cuts {
  const cuts: number[] = [];
  for (let begin = 0; begin <= text.length;) {
    const feed = text.indexOf('\n', begin);
    const end = feed === -1 ? text.length : feed;
    cutParagraph(text, begin, end, Math.max(1, width), cuts);
    begin = end + 1;
  }
  return cuts;
}

function cutParagraph(text: string, begin: number, end: number, width: number, cuts: number[]): void {
  // No character is wider than two columns; most lines are short enough anyway.
  if ((end - begin) * 2 <= width) cuts.push(begin, end);
  else {
    const paragraph = text.slice(begin, end);
    if (isNarrow(paragraph)) cutNarrow(paragraph, begin, width, cuts);
    else cutCells(paragraph, begin, width, cuts);
  }
}

function cutNarrow(text: string, offset: number, width: number, cuts: number[]): void {
  let start = 0;
  while (text.length - start > width) {
    const limit = start + width;
    const at = text[limit] === ' ' ? width : text.slice(start, limit).lastIndexOf(' ');
    const isWord = at > 0 && text.slice(start, start + at).trim() !== '';
    const end = isWord ? start + at : limit;
    cuts.push(offset + start, offset + trimmedEnd(text, start, end));
    start = text[end] === ' ' ? end + 1 : end;
  }
  pushRest(start, text.length, offset, cuts);
}

/** A blank at which the last line was cut leaves no line behind. */
function pushRest(start: number, end: number, offset: number, cuts: number[]): void {
  if (start < end || start === 0) cuts.push(offset + start, offset + end);
}

/** The same, cell by cell. */
function cutCells(text: string, offset: number, width: number, cuts: number[]): void {
  const line: CellLine = { start: 0, used: 0, blank: null, hasWord: false };
  for (const cell of finerCells(text, width)) {
    const isBlank = cell.end - cell.start === 1 && text[cell.start] === ' ';
    // Twice for a grapheme that is as wide as several characters.
    while (line.used + cell.width > width && cell.start > line.start) {
      const end = endOf(line, cell, isBlank);
      cuts.push(offset + line.start, offset + trimmedEnd(text, line.start, end));
      nextLine(text, line, cell, end);
    }
    // The blank at which the line was cut.
    if (line.start > cell.start) continue;
    if (!isBlank) line.hasWord = true;
    else if (line.hasWord) line.blank = { at: cell.start, used: line.used };
    line.used += cell.width;
  }
  pushRest(line.start, text.length, offset, cuts);
}

/** The line that is being filled. */
type CellLine = {
  start: number;
  /** In columns. */
  used: number;
  /** The last one behind a word, and how many columns lie before it. */
  blank: { readonly at: number; readonly used: number } | null;
  hasWord: boolean;
};

const endOf = ({ blank }: CellLine, cell: Cell, isBlank: boolean): number =>
  isBlank || blank === null ? cell.start : blank.at;

function nextLine(text: string, line: CellLine, cell: Cell, end: number): void {
  const isAtBlank = text[end] === ' ';
  line.used = end === line.blank?.at ? line.used - line.blank.used - 1 : 0;
  line.start = isAtBlank ? end + 1 : end;
  line.blank = null;
  line.hasWord = text.slice(line.start, cell.start).trim() !== '';
}

function trimmedEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && text[at - 1] === ' ') at -= 1;
  return at;
}

/** A grapheme that is wider than a whole line (a heap of Korean letters) goes in pieces. */
function* finerCells(text: string, width: number): Generator<Cell> {
  for (const cell of cellsOf(text)) {
    if (cell.width <= width) yield cell;
    else yield* pointsOf(text, cell);
  }
}

function* pointsOf(text: string, { start, end }: Cell): Generator<Cell> {
  let at = start;
  for (const point of text.slice(start, end)) {
    yield { start: at, end: at + point.length, width: widthOfCluster(point) };
    at += point.length;
  }
}

/** Simple stretches unit by unit; what lies between, with the character before it, is looked at closely. */
function* cellsOf(text: string): Generator<Cell> {
  let from = 0;
  for (const { 0: stretch, index } of text.matchAll(SIMPLE)) {
    const end = index + stretch.length;
    // Its last character may carry a mark.
    const last = end < text.length ? end - 1 : end;
    if (index > from) yield* clustersOf(text, from, index);
    for (let at = index; at < last; at += 1) {
      yield { start: at, end: at + 1, width: text.charCodeAt(at) >= FIRST_WIDE ? 2 : 1 };
    }
    from = last;
  }
  if (from < text.length) yield* clustersOf(text, from, text.length);
}

function* clustersOf(text: string, from: number, to: number): Generator<Cell> {
  let start = from;
  for (const { length, width } of knownClusters(text.slice(from, to))) {
    yield { start, end: start + length, width };
    start += length;
  }
}

type Cluster = { readonly length: number; readonly width: number };

/** To segment and to measure costs a microsecond a character, and texts repeat their words and pictures. */
const WORDS_KNOWN_MAX = 8_192;
const WORD_LENGTH_MAX = 32;
const words = new Map<string, readonly Cluster[]>();

function knownClusters(word: string): readonly Cluster[] {
  const before = words.get(word);
  if (before !== undefined) return before;
  const clusters = Array.from(graphemes.segment(word), ({ segment }) => drawnApart(segment))
    .flat()
    .map((cluster) => ({ length: cluster.length, width: widthOfCluster(cluster) }));
  if (word.length > WORD_LENGTH_MAX) return clusters;
  if (words.size >= WORDS_KNOWN_MAX) words.clear();
  words.set(word, clusters);
  return clusters;
}

/** What Unicode calls one, and terminals draw side by side: a blank and what stands on it, a colour of skin on no skin. */
const APART = /^(?: (?=.)|\P{Extended_Pictographic}+?(?=\p{Emoji_Modifier}))/su;

function drawnApart(cluster: string): readonly string[] {
  const parts: string[] = [];
  let rest = cluster;
  for (let found = APART.exec(rest); found !== null; found = APART.exec(rest)) {
    parts.push(found[0]);
    rest = rest.slice(found[0].length);
  }
  return [...parts, rest];
}

const CLUSTERS_KNOWN_MAX = 4_096;
const clusterWidths = new Map<string, number>();

function widthOfCluster(cluster: string): number {
  const before = clusterWidths.get(cluster);
  if (before !== undefined) return before;
  const width = stringWidth(cluster);
  if (clusterWidths.size >= CLUSTERS_KNOWN_MAX) clusterWidths.clear();
  clusterWidths.set(cluster, width);
  return width;
}
