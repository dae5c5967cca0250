import { widthOf, type Line, type Look, type Span, type Tone } from './line.ts';

/** Of the sixteen colours that a terminal's own theme defines, so that they can be read on light as on dark. */
const CODES: Readonly<Record<Tone, number>> = { good: 32, warn: 33, bad: 31, info: 36, dim: 2 };
const BOLD = 1;
const INVERSE = 7;

/** A line as bytes for a terminal. Without colour what is selected is still inverse, and what matters bold. */
export const ansi = (parts: Line, look: Look): string => parts.map((part) => painted(part, look)).join('');

function painted({ text: said, tone, bold, inverse }: Span, { colour, unicode }: Look): string {
  const text = unicode ? said : asciiOf(said);
  const codes = [
    ...(bold === true ? [BOLD] : []),
    ...(inverse === true ? [INVERSE] : []),
    ...(tone !== undefined && colour ? [CODES[tone]] : []),
  ];
  return codes.length === 0 ? text : `\u001b[${codes.join(';')}m${text}\u001b[0m`;
}

/** What a terminal without Unicode cannot show is marked, as wide as it would have been. */
const asciiOf = (text: string): string =>
  text.replaceAll(NOT_ASCII, (character) => LIKE[character] ?? '?'.repeat(widthOf(character)));

const NOT_ASCII = /[^\u0020-\u007e]/gu;
const LIKE: Readonly<Record<string, string>> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201c': '"',
  '\u201d': '"',
  '–': '-',
  '—': '-',
};
