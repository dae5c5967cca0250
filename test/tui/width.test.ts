import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { clean, cleanLine } from '../../src/tui/clean.ts';
import {
  cutLine,
  filledLine,
  fitted,
  line,
  lineWidth,
  plainText,
  shortened,
  span,
  wrapText,
} from '../../src/tui/line.ts';
import { cutText, textFrom, widthOf } from '../../src/tui/width.ts';

const unicode = { colour: true, unicode: true };
const ascii = { colour: false, unicode: false };

/** Letters of every width, marks, pictures made of several, and what cuts words. */
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(' ', '  ', 'a', 'word', 'ß', '…', '─') },
  fc.constantFrom(
    '漢',
    'カ',
    '한국',
    'ｶﾞ',
    'e\u0301',
    '\u0301',
    'क्ष',
    'नि',
    'تَ',
    '\u1100\u1161\u11a8',
    '\u1100'.repeat(5),
  ),
  fc.constantFrom('👨‍👩‍👧‍👦', '👩🏽‍💻', '🏳️‍🌈', '🇩🇪', '1️⃣', '❤️', '✅', '©', '©\ufe0f', '↔\ufe0f', '🏽'),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const words = fc.array(piece, { maxLength: 40 }).map((parts) => cleanLine(parts.join('')));
const texts = fc.array(words, { maxLength: 4 }).map((lines) => lines.join('\n'));
const widths = fc.integer({ min: 0, max: 40 });

describe('the width of a text', () => {
  test.for([
    ['plain', 5],
    ['Grüße …', 7],
    ['漢字', 4],
    ['e\u0301', 1],
    ['\u0301', 0],
    ['👨‍👩‍👧‍👦', 2],
    ['1️⃣', 2],
    ['🇩🇪', 2],
    ['©', 1],
    ['नि', 2],
    [' 🏽🏽', 5],
  ] as const)('%s takes %d columns', ([text, width]) => expect(widthOf(text)).toBe(width));

  test('is that of string-width for every character alone', () => {
    for (let point = 0x20; point < 0x3_0000; point += 1) {
      const text = clean(String.fromCodePoint(point));
      if (widthOf(text) !== stringWidth(text)) expect(`${point.toString(16)} ${widthOf(text)}`).toBe(stringWidth(text));
    }
  });

  test('is never less than what Ink measures, which would break the line', () => {
    fc.assert(
      fc.property(words, (text) => widthOf(text) >= stringWidth(text)),
      { numRuns: 1_000 },
    );
  });

  test('of what is cut never exceeds the room, and nothing is cut that fits', () => {
    fc.assert(
      fc.property(words, widths, (text, width) => {
        expect(widthOf(cutText(text, width))).toBeLessThanOrEqual(width);
        expect(text.startsWith(cutText(text, width))).toBe(true);
        expect(widthOf(shortened(text, width, unicode))).toBeLessThanOrEqual(width);
        expect(widthOf(shortened(text, width, ascii))).toBeLessThanOrEqual(width);
        if (widthOf(text) <= width) expect(cutText(text, width)).toBe(text);
        expect(widthOf(fitted(text, width, 'right', unicode))).toBe(width);
      }),
      { numRuns: 1_000 },
    );
  });

  test('of a line from a column on is the rest', () => {
    fc.assert(
      fc.property(words, widths, (text, column) => {
        expect(widthOf(textFrom(text, column))).toBe(Math.max(0, widthOf(text) - column));
      }),
      { numRuns: 1_000 },
    );
  });
});

test('what is measured by its length is as wide as that', () => {
  const wrong = Array.from({ length: 0x3000 - 0x20 }, (_, index) => String.fromCharCode(0x20 + index)).filter(
    (letter) => widthOf(letter) !== stringWidth(letter),
  );
  expect(wrong).toEqual([]);
});

describe('a text in lines', () => {
  test('keeps words whole where it can', () => {
    expect(wrapText('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(wrapText('unbreakable', 4)).toEqual(['unbr', 'eaka', 'ble']);
    expect(wrapText('a\n\n  b', 10)).toEqual(['a', '', '  b']);
    expect(wrapText('漢字 漢字', 5)).toEqual(['漢字', '漢字']);
    expect(wrapText('漢字漢字', 5)).toEqual(['漢字', '漢字']);
    expect(wrapText('', 5)).toEqual(['']);
    expect(wrapText('12345 ', 5)).toEqual(['12345']);
    expect(wrapText('漢字 ', 4)).toEqual(['漢字']);
  });

  test('has none that is too wide, and loses nothing but blanks', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 30 }), (text, width) => {
        const lines = wrapText(text, width);
        for (const one of lines) expect(widthOf(one)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(/[ \n]/g, ''));
      }),
      { numRuns: 1_000 },
    );
  });

  test('is cut at the same places whether it is looked at by characters or by graphemes', () => {
    const plain = fc.array(fc.constantFrom(' ', '   ', 'a', 'word', 'longer-word', 'ß'), { maxLength: 30 });
    fc.assert(
      fc.property(plain, fc.integer({ min: 2, max: 20 }), (parts, width) => {
        const text = parts.join('');
        // A mark at the end forces the slow way and takes no room.
        const marked = wrapText(`${text}x\u0301`, width).join('\n').replace('\u0301', '');
        expect(marked).toBe(wrapText(`${text}x`, width).join('\n'));
      }),
      { numRuns: 1_000 },
    );
  });

  test('of one column is cut on, even where nothing fits', () => {
    expect(wrapText('漢字', 1)).toEqual(['漢', '字']);
    expect(wrapText('ab', 0)).toEqual(['a', 'b']);
  });
});

describe('a line', () => {
  test('that is cut says so, also when a part ends exactly at the edge', () => {
    expect(plainText(cutLine([span('12345'), span('678')], 5, unicode))).toBe('1234…');
    expect(plainText(cutLine([span('12345'), span('678')], 5, ascii))).toBe('12...');
    expect(plainText(cutLine(line('12345'), 5, unicode))).toBe('12345');
    expect(plainText(cutLine(line('12345'), 1, unicode))).toBe('1');
    expect(plainText(cutLine(line('12345'), 0, unicode))).toBe('');
  });

  test('is never wider than asked, and filled exactly as wide', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 5 }), widths, fc.constantFrom(unicode, ascii), (parts, width, look) => {
        const spans = parts.map((text) => span(text));
        expect(lineWidth(cutLine(spans, width, look))).toBeLessThanOrEqual(width);
        expect(lineWidth(filledLine(spans, width, look))).toBe(width);
      }),
      { numRuns: 1_000 },
    );
  });
});
