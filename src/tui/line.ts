import { cutText, cutsOf, widthOf } from './width.ts';

export { widthOf, cutText } from './width.ts';

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

export const lineWidth = (parts: Line): number => parts.reduce((sum, { text }) => sum + widthOf(text), 0);
export const plainText = (parts: Line): string => parts.map(({ text }) => text).join('');

/** As much of a text as fits, with a sign that something is missing. */
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

/** A line that is at most that wide, with a sign where something is missing. */
export function cutLine(parts: Line, width: number, look: Look): Line {
  if (lineWidth(parts) <= width) return parts;
  const ellipsis = look.unicode ? '…' : '...';
  const isSigned = width > ellipsis.length;
  const kept: Span[] = [];
  let room = isSigned ? width - ellipsis.length : width;
  for (const part of parts) {
    const text = cutText(part.text, room);
    kept.push({ ...part, text });
    if (text.length < part.text.length) break;
    room -= widthOf(text);
  }
  const last = kept.pop();
  if (last === undefined) return [];
  return [...kept, isSigned ? { ...last, text: `${last.text}${ellipsis}` } : last];
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
  const cuts = cutsOf(text, width);
  return Array.from({ length: cuts.length / 2 }, (_, index) => text.slice(cuts[index * 2], cuts[index * 2 + 1]));
}
