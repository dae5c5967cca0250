import stringWidth from 'string-width';

/** What a piece of text means; a colour says it again, never alone. */
export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'dim';

export type Span = {
  readonly text: string;
  readonly tone?: Tone;
  readonly bold?: boolean;
  readonly inverse?: boolean;
};

/** One line of the screen. Its texts hold no control characters: `clean` has seen to that. */
export type Line = readonly Span[];

export type Size = { readonly columns: number; readonly rows: number };

/** What the terminal can show. */
export type Look = { readonly colour: boolean; readonly unicode: boolean };

export const span = (text: string, style: Omit<Span, 'text'> = {}): Span => ({ text, ...style });
export const line = (text: string, style: Omit<Span, 'text'> = {}): Line => [span(text, style)];

/** Printable ASCII and our own signs: as many columns as characters. To measure all else takes a hundred times as long. */
const PLAIN = /^[\u0020-\u007e…●○◔◑◷✖─│▸▲▼█▒↻·▏×–]*$/;

export const widthOf = (text: string): number => (PLAIN.test(text) ? text.length : stringWidth(text));
export const lineWidth = (parts: Line): number => parts.reduce((sum, { text }) => sum + widthOf(text), 0);
export const plainText = (parts: Line): string => parts.map(({ text }) => text).join('');

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** As much of a text as fits into that many columns; a wide character is never cut in two. */
export function cutText(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(0, Math.max(0, width));
  let room = width;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    const needs = widthOf(segment);
    if (needs > room) break;
    room -= needs;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** The same with a sign that something is missing. */
export function shortened(text: string, width: number, { unicode }: Look): string {
  if (widthOf(text) <= width) return text;
  const ellipsis = unicode ? '…' : '...';
  return width <= ellipsis.length ? cutText(text, width) : `${cutText(text, width - ellipsis.length)}${ellipsis}`;
}

export type Align = 'left' | 'right';

/** Exactly that wide. */
export function fitted(text: string, width: number, align: Align, look: Look): string {
  const short = shortened(text, width, look);
  const space = ' '.repeat(Math.max(0, width - widthOf(short)));
  return align === 'left' ? `${short}${space}` : `${space}${short}`;
}

/** A line that is at most that wide. */
export function cutLine(parts: Line, width: number, look: Look): Line {
  if (lineWidth(parts) <= width) return parts;
  const kept: Span[] = [];
  let room = width;
  for (const part of parts) {
    const needs = widthOf(part.text);
    if (needs > room) {
      kept.push({ ...part, text: shortened(part.text, room, look) });
      break;
    }
    kept.push(part);
    room -= needs;
  }
  return kept;
}

/** A line that is exactly that wide, its last style apart: for what is selected. */
export function filledLine(parts: Line, width: number, look: Look): Line {
  const cut = cutLine(parts, width, look);
  const space = width - lineWidth(cut);
  return space > 0 ? [...cut, span(' '.repeat(space), cut.at(-1)?.inverse === true ? { inverse: true } : {})] : cut;
}

/** Left and right on one line; the right part gives way. */
export function spread(left: Line, right: Line, width: number, look: Look): Line {
  const space = width - lineWidth(left) - lineWidth(right);
  if (space < 2) return cutLine(left, width, look);
  return [...left, span(' '.repeat(space)), ...right];
}

/** A text in as many lines as it needs: words stay whole where they can, what is longer than a line is cut hard. */
export function wrapText(text: string, width: number): readonly string[] {
  const room = Math.max(1, width);
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, room));
}

function wrapParagraph(paragraph: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = paragraph;
  while (widthOf(rest) > width) {
    const head = cutText(rest, width) || [...rest].slice(0, 1).join('');
    const isAtBlank = rest[head.length] === ' ';
    const blank = isAtBlank ? head.length : head.lastIndexOf(' ');
    const end = blank > 0 && head.slice(0, blank).trim() !== '' ? blank : head.length;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).replace(/^ /, '');
  }
  return [...lines, rest];
}
