export type JsonMistake = {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
  readonly found: string;
};

/** Deeper than any ecosystem file, and shallow enough for the stack. */
const DEPTH_MAX = 200;
const BLANK = /[ \t\r\n]*/y;
/** From the space on, without the quote and the backslash. */
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Where a text stops being JSON, or undefined when it is JSON. `JSON.parse` of Node 20 often names no position at all.
 */
export function findJsonMistake(text: string): JsonMistake | undefined {
  const stop = afterValue(text, afterBlank(text, 0), 0);
  if (typeof stop !== 'number') return locate(text, stop);
  const end = afterBlank(text, stop);
  return end === text.length ? undefined : locate(text, { at: end, expected: 'the end of the file' });
}

type Stop = { readonly at: number; readonly expected: string };

/** The position behind the value that begins at `at`, or where and why there is none. */
function afterValue(text: string, at: number, depth: number): number | Stop {
  if (depth > DEPTH_MAX) return { at, expected: `at most ${DEPTH_MAX} levels` };
  if (text[at] === '{') return afterList(text, at, '}', (start) => afterField(text, start, depth));
  if (text[at] === '[') return afterList(text, at, ']', (start) => afterValue(text, start, depth + 1));
  return (
    match(text, STRING, at) ?? match(text, SCALAR, at) ?? { at, expected: text[at] === '"' ? 'closed text' : 'a value' }
  );
}

function afterField(text: string, at: number, depth: number): number | Stop {
  const key = match(text, STRING, at);
  if (key === undefined) return { at, expected: 'a key in double quotes' };
  const colon = afterBlank(text, key);
  return text[colon] === ':'
    ? afterValue(text, afterBlank(text, colon + 1), depth + 1)
    : { at: colon, expected: '":"' };
}

/** What `{ … }` and `[ … ]` have in common: items, commas, the closing bracket. */
function afterList(text: string, open: number, close: string, afterItem: (at: number) => number | Stop): number | Stop {
  let at = afterBlank(text, open + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    const end = afterItem(at);
    if (typeof end !== 'number') return end;
    at = afterBlank(text, end);
    if (text[at] === close) return at + 1;
    if (text[at] !== ',') return { at, expected: `"," or "${close}"` };
    at = afterBlank(text, at + 1);
  }
}

function afterBlank(text: string, at: number): number {
  return match(text, BLANK, at) ?? at;
}

function match(text: string, pattern: RegExp, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function locate(text: string, { at, expected }: Stop): JsonMistake {
  const before = text.slice(0, at).split('\n');
  const found =
    at >= text.length ? 'the end of the file' : JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0));
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected, found };
}
