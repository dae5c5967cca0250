import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLine } from '../../src/claude/line.ts';
import { mayMatter } from '../../src/claude/prefilter.ts';
import { shuffled, streamObject } from './arbitraries.ts';

const matters = (line: string): boolean => {
  const bytes = Buffer.from(line);
  return mayMatter(bytes, 0, bytes.length);
};

/** The claim of the filter: what it skips would have been 'other'. */
const isSound = (line: string): boolean => matters(line) || parseLine(line).fact === 'other';

/** JSON with the same meaning and other bytes: white space, and letters spelled as escapes. */
const respelled = (line: string, spell: (letter: string) => boolean): string =>
  ` \t${line.replace(/[a-z_]/gi, (letter) =>
    spell(letter) ? `\\u00${letter.charCodeAt(0).toString(16).padStart(2, '0')}` : letter,
  )} \r`;

test('a line that is skipped is never a fact, in any order of keys', () => {
  fc.assert(
    fc.property(streamObject.chain(shuffled), (value) => {
      expect(isSound(JSON.stringify(value))).toBe(true);
      expect(isSound(JSON.stringify(value, null, 1))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('escaped letters hide nothing', () => {
  const line = '{"type":"result","is_error":true}';
  for (const letter of 'typerslunm_') {
    const hidden = respelled('{"type":"result","x":1}', (candidate) => candidate === letter);
    expect(isSound(hidden)).toBe(true);
  }
  expect(parseLine('{"t\\u0079pe":"\\u0072esult"}').fact).toBe('turn-ended');
  expect(matters('{"t\\u0079pe":"\\u0072esult"}')).toBe(true);
  expect(matters(line)).toBe(true);
});

test('random text and random bytes are skipped soundly', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (line) => {
      expect(isSound(line)).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(mayMatter(buffer, 0, buffer.length) || parseLine(buffer.toString()).fact === 'other').toBe(true);
    }),
  );
});

test('lines that no fact is made of are skipped', () => {
  const partial = { type: 'stream_event', event: { type: 'content_block_delta', delta: { text: 'the "result" is' } } };
  const tool = { type: 'user', message: { content: [{ type: 'tool_result', content: '{"type":"result"}\n"init"' }] } };
  const allowed = { type: 'rate_limit_event', rate_limit_info: { status: 'allowed' } };
  for (const line of [partial, tool, allowed]) expect(matters(JSON.stringify(line))).toBe(false);
  for (const line of ['', '   ', 'plain text with "result" in it', '["result"]', '"assistant"']) {
    expect(matters(line)).toBe(false);
  }
});

test('only the given range is looked at', () => {
  const bytes = Buffer.from('{"a":1}{"type":"result"}{"b":2}');
  expect(mayMatter(bytes, 0, 7)).toBe(false);
  expect(mayMatter(bytes, 7, 24)).toBe(true);
  expect(mayMatter(bytes, 24, bytes.length)).toBe(false);
  expect(mayMatter(bytes, 7, 22)).toBe(false);
});
