/**
 * What a terminal would show after these bytes: enough of one to read a sign-in on. Stripping the escape sequences is
 * not enough: Claude Code places words by moving the cursor, and draws only the cells that differ (measured on 2.1.195
 * and 2.1.328), so that a text exists on the screen alone.
 */
export type TerminalScreen = {
  readonly columns: number;
  readonly rows: number;
  /** One text a row, without blanks at its end that nobody wrote. */
  readonly lines: readonly string[];
  readonly row: number;
  /** Equal to `columns` behind a full row: the next character begins the row below. */
  readonly column: number;
  readonly saved: { readonly row: number; readonly column: number };
  /** The main screen's lines while the alternate one is shown. */
  readonly main: readonly string[] | null;
  /** The begun part of an escape sequence. */
  readonly pending: string;
  /** The begun part of a character. */
  readonly bytes: Uint8Array;
};

/** Longer begun sequences are given up, and their beginning is dropped. A link's address has some 500 characters. */
const PENDING_CHARACTERS_MAX = 8_192;

export const blankScreen = (columns: number, rows: number): TerminalScreen => ({
  columns,
  rows,
  lines: Array.from({ length: rows }, () => ''),
  row: 0,
  column: 0,
  saved: { row: 0, column: 0 },
  main: null,
  pending: '',
  bytes: new Uint8Array(),
});

/** The same screen whatever the chunks are in which the bytes come. */
export function show(screen: TerminalScreen, chunk: Uint8Array): TerminalScreen {
  const bytes = Uint8Array.from([...screen.bytes, ...chunk]);
  const end = bytes.length - begunCharacter(bytes);
  const text = screen.pending + new TextDecoder().decode(bytes.subarray(0, end));
  const pen: Pen = { ...screen, lines: [...screen.lines] };
  let at = 0;
  while (at < text.length) {
    const length = take(pen, text, at);
    if (length === 0) break;
    at += length;
  }
  return { ...pen, pending: text.slice(at), bytes: bytes.slice(end) };
}

/** The screen while it is written on. */
type Pen = { -readonly [Key in keyof TerminalScreen]: TerminalScreen[Key] } & { lines: string[] };

/** How many bytes at the end are the beginning of a character of UTF-8. */
function begunCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return back < length ? back : 0;
  }
  return 0;
}

/* oxlint-disable no-control-regex -- control characters are what is looked for */
const PRINTABLE = /[^\u0000-\u001f\u007f-\u009f]+/y;
const CSI = /\u001b\[([0-?]*)[ -/]*([@-~])/y;
/** OSC, DCS, SOS, PM and APC: a title, a link, a question. Its end may be BEL or ST. */
const STRING = /\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)/y;
/** One that the next sequence breaks off is not seen either. */
const BROKEN_STRING = /\u001b[\]PX^_][^\u0007\u001b\u009c]*(?=\u001b[^\\])/y;
const ESCAPE = /\u001b[ -/]*([0-OQ-WYZ\\`-~])/y;
const BEGUN = /\u001b(?:|\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b\u009c]*\u001b?|[ -/]+)$/y;
/* oxlint-enable no-control-regex */

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/** Takes one thing from the text and says how long it was; 0: it is begun, and more must come. */
function take(pen: Pen, text: string, at: number): number {
  const printable = matchAt(PRINTABLE, text, at);
  if (printable !== null) {
    write(pen, printable[0]);
    return printable[0].length;
  }
  if (text[at] !== '\u001b') {
    control(pen, text[at] ?? '');
    return 1;
  }
  const sequence = matchAt(CSI, text, at);
  if (sequence !== null) {
    command(pen, sequence[1] ?? '', sequence[2] ?? '');
    return sequence[0].length;
  }
  const string = matchAt(STRING, text, at) ?? matchAt(BROKEN_STRING, text, at);
  if (string !== null) return string[0].length;
  const escape = matchAt(ESCAPE, text, at);
  if (escape !== null) {
    escaped(pen, escape[1] ?? '');
    return escape[0].length;
  }
  const isBegun = matchAt(BEGUN, text, at) !== null && text.length - at <= PENDING_CHARACTERS_MAX;
  return isBegun ? 0 : 1;
}

/** One column a character: what a sign-in says is made of such. */
function write(pen: Pen, text: string): void {
  let rest = text.replaceAll(/[\ud800-\udbff][\udc00-\udfff]/g, '\ufffd');
  while (rest !== '') {
    if (pen.column >= pen.columns) {
      pen.column = 0;
      feed(pen);
    }
    const part = rest.slice(0, pen.columns - pen.column);
    const line = (pen.lines[pen.row] ?? '').padEnd(pen.column);
    pen.lines[pen.row] = line.slice(0, pen.column) + part + line.slice(pen.column + part.length);
    pen.column += part.length;
    rest = rest.slice(part.length);
  }
}

/** To the row below; below the last one everything moves up. */
function feed(pen: Pen): void {
  if (pen.row < pen.rows - 1) pen.row += 1;
  else pen.lines = [...pen.lines.slice(1), ''];
}

function control(pen: Pen, character: string): void {
  if (character === '\r') pen.column = 0;
  else if (character === '\n') feed(pen);
  else if (character === '\b') pen.column = Math.max(0, pen.column - 1);
  else if (character === '\t') pen.column = Math.min(pen.columns - 1, (Math.floor(pen.column / 8) + 1) * 8);
}

function escaped(pen: Pen, final: string): void {
  if (final === '7') pen.saved = { row: pen.row, column: pen.column };
  else if (final === '8') Object.assign(pen, pen.saved);
  else if (final === 'M') pen.row = Math.max(0, pen.row - 1);
  else if (final === 'D') feed(pen);
  else if (final === 'E') {
    pen.column = 0;
    feed(pen);
  } else if (final === 'c') Object.assign(pen, blankScreen(pen.columns, pen.rows));
}

function command(pen: Pen, parameters: string, final: string): void {
  if (/^\?(?:47|1047|1049)$/.test(parameters)) return switchScreen(pen, final === 'h');
  if (!/^[\d;]*$/.test(parameters)) return;
  const [first = 0, second = 0] = parameters.split(';').map(Number);
  if (final === 'J') eraseScreen(pen, first);
  else if (final === 'K') eraseLine(pen, first);
  else if (final === 's') pen.saved = { row: pen.row, column: pen.column };
  else if (final === 'u') Object.assign(pen, pen.saved);
  else move(pen, final, Math.max(1, first), Math.max(1, second));
}

function move(pen: Pen, final: string, first: number, second: number): void {
  const to = (row: number, column: number): void => {
    pen.row = Math.min(Math.max(0, row), pen.rows - 1);
    pen.column = Math.min(Math.max(0, column), pen.columns - 1);
  };
  if (final === 'A') to(pen.row - first, pen.column);
  else if (final === 'B') to(pen.row + first, pen.column);
  else if (final === 'C') to(pen.row, pen.column + first);
  else if (final === 'D') to(pen.row, pen.column - first);
  else if (final === 'E') to(pen.row + first, 0);
  else if (final === 'F') to(pen.row - first, 0);
  else if (final === 'G') to(pen.row, first - 1);
  else if (final === 'd') to(first - 1, pen.column);
  else if (final === 'H' || final === 'f') to(first - 1, second - 1);
  else if (final === 'X') {
    const line = pen.lines[pen.row] ?? '';
    pen.lines[pen.row] = line.slice(0, pen.column) + line.slice(pen.column).replace(blanks(first), spaces);
  }
}

const blanks = (count: number): RegExp => new RegExp(`^.{0,${count}}`, 's');
const spaces = (text: string): string => ' '.repeat(text.length);

function eraseScreen(pen: Pen, which: number): void {
  if (which === 0) eraseLine(pen, 0);
  if (which === 1) eraseLine(pen, 1);
  pen.lines = pen.lines.map((line, row) => {
    const isErased = which >= 2 || (which === 0 ? row > pen.row : row < pen.row);
    return isErased ? '' : line;
  });
}

function eraseLine(pen: Pen, which: number): void {
  const line = pen.lines[pen.row] ?? '';
  if (which === 0) pen.lines[pen.row] = line.slice(0, pen.column);
  else if (which === 1) pen.lines[pen.row] = ' '.repeat(pen.column + 1) + line.slice(pen.column + 1);
  else pen.lines[pen.row] = '';
}

function switchScreen(pen: Pen, toAlternate: boolean): void {
  if (toAlternate === (pen.main !== null)) return;
  const { lines } = blankScreen(pen.columns, pen.rows);
  if (toAlternate) Object.assign(pen, { main: pen.lines, lines, saved: { row: pen.row, column: pen.column } });
  else Object.assign(pen, { lines: [...(pen.main ?? lines)], main: null, ...pen.saved });
}
