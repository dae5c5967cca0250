import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { widthOf, wrapText } from '../../src/tui/line.ts';

test('what is measured by its length is as wide as that', () => {
  const wrong = Array.from({ length: 0x3000 - 0x20 }, (_, index) => String.fromCharCode(0x20 + index)).filter(
    (letter) => widthOf(letter) !== stringWidth(letter),
  );
  expect(wrong).toEqual([]);
});

test('what is wider than a whole line stands on one of its own', () => {
  expect(wrapText('日本', 1)).toEqual(['日', '本']);
});
