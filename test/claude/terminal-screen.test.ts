import { expect, test } from 'vitest';
import { blankScreen, show } from '../../src/claude/terminal-screen.ts';

/** What stands on a terminal of 10 columns and 4 rows, and where the cursor is. */
function shown(text: string): string {
  const { lines, row, column } = show(blankScreen(10, 4), Buffer.from(text));
  return `${lines.join('/')} ${row}:${column}`;
}

test.each([
  ['plain text and lines', 'ab\r\ncd', 'ab/cd// 1:2'],
  ['a line feed alone keeps the column', 'ab\nc', 'ab/  c// 1:3'],
  ['words placed by columns', '\u001b[2GPaste\u001b[8Gme', ' Paste me/// 0:9'],
  ['what is overwritten is gone', 'abcdef\r12\b3', '13cdef/// 0:2'],
  ['tabs', 'a\tb', 'a       b/// 0:9'],
  ['a full row goes on below', '0123456789ab', '0123456789/ab// 1:2'],
  ['a full row alone does not', '0123456789\rx', 'x123456789/// 0:1'],
  ['below the last row everything moves up', 'a\r\nb\r\nc\r\nd\r\ne', 'b/c/d/e 3:1'],
  ['up, down, forth and back', 'abc\u001b[B\u001b[2Dx\u001b[A\u001b[Cy', 'abcy/ x// 0:4'],
  ['to a place', '\u001b[2;3Hx\u001b[Hy\u001b[3dz', 'y/  x/ z/ 2:2'],
  ['never off the screen', '\u001b[99;99Hx\u001b[99A\u001b[99D', '///         x 0:0'],
  ['to the line above and below', 'a\u001b[2Ex\u001b[Fy', 'a/y/x/ 1:1'],
  ['erased to the end of the row', 'abcdef\u001b[3G\u001b[K', 'ab/// 0:2'],
  ['erased to the beginning of the row', 'abcdef\u001b[3G\u001b[1K', '   def/// 0:2'],
  ['an erased row', 'abc\u001b[2Kd', '   d/// 0:4'],
  ['some erased characters', 'abcdef\u001b[2G\u001b[3X', 'a   ef/// 0:1'],
  ['erased below', 'ab\r\ncd\r\nef\u001b[2;2H\u001b[J', 'ab/c// 1:1'],
  ['erased above', 'ab\r\ncd\r\nef\u001b[2;1H\u001b[1J', '/ d/ef/ 1:0'],
  ['all erased', 'ab\r\ncd\u001b[2J', '/// 1:2'],
  ['a place that is kept', 'ab\u001b7\r\ncd\u001b8x\u001b[s\r\n\u001b[uy', 'abxy/cd// 0:4'],
  ['one row up and down by escape', 'a\r\nb\u001bMc\u001bDd\u001bEe', 'ac/b d/e/ 2:1'],
  ['a reset', 'ab\u001bcc', 'c/// 0:1'],
  ['the alternate screen, and back', 'ab\u001b[?1049hcd\u001b[?1049le', 'abe/// 0:3'],
  ['while the alternate screen is shown', 'ab\u001b[?1049h\u001b[Hcd', 'cd/// 0:2'],
  [
    'links, titles, colours, modes and questions are not seen',
    '\u001b]8;;https://x\u0007a\u001b[1;31mb\u001b]8;;\u001b\\\u001b[?25l\u001b[>0q\u001b[c\u001bP+q\u001b\\\u001b(B',
    'ab/// 0:2',
  ],
  ['a string that a new sequence breaks off', '\u001b]0;title\u001b[2Gx', ' x/// 0:2'],
  ['characters of many bytes', 'aé…│', 'aé…│/// 0:4'],
  ['a pictograph takes one column here', '\u{1f600}b', '\ufffdb/// 0:2'],
])('%s', (_, text, expected) => {
  expect(shown(text)).toBe(expected);
});
