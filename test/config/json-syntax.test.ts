import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findJsonMistake } from '../../src/config/json-syntax.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // That it throws is the answer.
    return false;
  }
}

describe('a mistake in JSON is found at its line and column', () => {
  test.each([
    ['{\n  "agents": [\n    { "name": "a" },\n  ]\n}', 4, 3, 'a value', '"]"'],
    ['{ "a": 1, }', 1, 11, 'a key in double quotes', '"}"'],
    ["{ 'a': 1 }", 1, 3, 'a key in double quotes', '"\'"'],
    ['{ "a" 1 }', 1, 7, '":"', '"1"'],
    ['[1 2]', 1, 4, '"," or "]"', '"2"'],
    ['{} // x', 1, 4, 'the end of the file', '"/"'],
    ['{ "a": "x\n" }', 1, 8, 'closed text', '"\\""'],
    ['[', 1, 2, 'a value', 'the end of the file'],
    ['', 1, 1, 'a value', 'the end of the file'],
    ['{"a": undefined}', 1, 7, 'a value', '"u"'],
  ])('%j', (text, line, column, expected, found) => {
    expect(findJsonMistake(text)).toEqual({ line, column, expected, found });
  });
});

test('it is none exactly when JSON.parse accepts the text', () => {
  const almost = fc
    .tuple(
      fc.json({ maxDepth: 4 }),
      fc.nat(),
      fc.constantFrom('', ',', '"', '}', ']', '\\', '0', '-', '.', 'e', '\n', '\u0001', 'true', '\\u00', '{"a":'),
      fc.nat({ max: 2 }),
    )
    .map(([json, at, insert, drop]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + insert + json.slice(place + drop);
    });
  fc.assert(
    fc.property(fc.oneof(almost, fc.json(), fc.string()), (text) => {
      expect(findJsonMistake(text) === undefined).toBe(isJson(text));
    }),
    { numRuns: 2000 },
  );
});

test('thousands of brackets do not end the process', () => {
  expect(findJsonMistake('['.repeat(100_000))?.expected).toBe('at most 200 levels');
});
