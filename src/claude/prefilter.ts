import { Buffer } from 'node:buffer';

/**
 * Every line that can be a fact holds one of these as a JSON string of its own; the order of its keys does not matter.
 * Inside another string the quotes would be escaped, so what a tool prints does not match.
 */
const NEEDLES: readonly Buffer[] = [
  'assistant',
  'result',
  'init',
  'api_retry',
  'isReplay',
  'rejected',
  'control_response',
].map((word) => Buffer.from(`"${word}"`, 'latin1'));

/** 1 for a letter that a needle begins with: one look behind a quote rules nearly all quotes out. */
const BEGINS = Uint8Array.from({ length: 256 }, (_, letter) =>
  NEEDLES.some((needle) => needle[1] === letter) ? 1 : 0,
);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const ZERO = 0x30;
const BRACE = 0x7b;

/**
 * Whether a line is worth decoding: false only if `parseLine` would say 'other'. This is the hot path of a daemon whose
 * agent prints hundreds of megabytes; most of those bytes are tool results, partial messages or no JSON at all. The
 * plain loop is deliberate: `indexOf` per needle was five times slower, a skipping search no faster on such lines.
 */
export function mayMatter(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && isBlank(bytes[at])) at += 1;
  if (at >= end || bytes[at] !== BRACE) return false;
  for (at += 1; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      if (BEGINS[bytes[at + 1] ?? 0] === 1 && holdsNeedle(bytes, at, end)) return true;
    } else if (byte === BACKSLASH) {
      // `\u00xx` can spell any letter of a needle; the quote of a needle is never escaped.
      if (bytes[at + 1] === LETTER_U && bytes[at + 2] === ZERO && bytes[at + 3] === ZERO) return true;
      at += 1;
    }
  }
  return false;
}

/** Byte by byte: a native comparison costs more than the few bytes that it nearly always looks at. */
function holdsNeedle(bytes: Buffer, at: number, end: number): boolean {
  for (const needle of NEEDLES) {
    if (at + needle.length > end) continue;
    let matched = 1;
    while (matched < needle.length && bytes[at + matched] === needle[matched]) matched += 1;
    if (matched === needle.length) return true;
  }
  return false;
}

/** JSON's white space. */
const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
