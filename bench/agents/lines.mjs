// The lines of which a gigabyte is written: 1 KiB each, numbered, with characters of one to four bytes.

export const LINE_BYTES = 1024;
export const LINES_IN_BLOCK = 1024;

/** `{"type":"stream_event","n":"0000000001","text":"…"}`; nothing in it can be a fact, as in nearly all that is printed. */
export const HEAD = '{"type":"stream_event","n":"';
const DIGITS = 10;
const TEXT = 'zażółć gęślą jaźń · 日本語のテキスト · 🦊 done; ';

/** Lines without their numbers, one behind the other. */
export function blockOf() {
  const front = Buffer.from(`${HEAD}${'0'.repeat(DIGITS)}","text":"`);
  const back = Buffer.from('"}\n');
  const line = Buffer.alloc(LINE_BYTES, 'x');
  front.copy(line);
  back.copy(line, LINE_BYTES - back.length);
  const words = Buffer.from(TEXT);
  for (let at = front.length; at + words.length <= LINE_BYTES - back.length; at += words.length) words.copy(line, at);
  return Buffer.concat(Array.from({ length: LINES_IN_BLOCK }, () => line));
}

/**
 * Writes the numbers into a block, in place.
 * @param {Buffer} block
 * @param {number} first
 */
export function numberBlock(block, first) {
  for (let line = 0; line < LINES_IN_BLOCK; line += 1) {
    block.write(String(first + line).padStart(DIGITS, '0'), line * LINE_BYTES + HEAD.length, 'latin1');
  }
  return block;
}
