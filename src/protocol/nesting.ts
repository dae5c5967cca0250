/** Deeper than anything that a method takes, by far. */
const DEPTH_MAX = 64;
/** Lists and objects: an ecosystem of a thousand agents has twenty thousand. */
const NESTS_MAX = 200_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether the JSON in these bytes is far deeper or has far more lists and objects than any request. A few megabytes of brackets
 * become hundreds in memory, and what is deep cannot be written down again. Bytes that are no JSON have some answer, too.
 */
export function isBomb(bytes: Uint8Array): boolean {
  let depth = 0;
  let nests = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) at = endOfText(bytes, at + 1);
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      nests += 1;
      if (depth > DEPTH_MAX || nests > NESTS_MAX) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}

/** Of the quote that closes the text which begins here. */
function endOfText(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
