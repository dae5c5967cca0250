import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTATIONS } from '../mutations/mutations.ts';
import { readPage, ROOT } from './pages.ts';

const PAGE = readPage('docs/faults.md').text;

type Row = { readonly number: number; readonly tests: string; readonly breaks: string };

const rowsOf = (text: string): readonly Row[] =>
  [...text.matchAll(/^\| (\d+) \|.*$/gm)].map(([line, number]) => {
    const [breaks = '', tests = ''] = line.split('|').slice(1, -1).toReversed();
    return { number: Number(number), tests, breaks };
  });

/** What a row names and nobody has: a file, a test in the file that is named before it, a mistake. */
function misnamed({ number, tests, breaks }: Row): readonly string[] {
  const missing: string[] = [];
  let source = '';
  for (const [, file, name] of tests.matchAll(/`(test\/[^`]+)`|"([^"]+)"/g)) {
    if (file !== undefined) source = existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : '';
    const isThere = name === undefined ? source !== '' : source.includes(name);
    if (!isThere) missing.push(`${number}: ${file ?? name}`);
  }
  for (const [, file] of breaks.matchAll(/`(src\/[^`]+)`/g))
    if (!existsSync(join(ROOT, file ?? ''))) missing.push(`${number}: ${file}`);
  for (const [, name] of breaks.matchAll(/"([^"]+)"/g))
    if (!MUTATIONS.some((mutation) => mutation.name === name)) missing.push(`${number}: ${name}`);
  return missing;
}

test('each of the 56 faults has one row', () => {
  const numbers = rowsOf(PAGE).map(({ number }) => number);
  expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 56 }, (_, index) => index + 1));
});

test('every file, test and mistake that a row names is there', () => {
  expect(rowsOf(PAGE).flatMap(misnamed)).toEqual([]);
});

test('the rows that are open are those that the page begins with', () => {
  const open = rowsOf(PAGE).filter(({ breaks }) => breaks.includes('Open: '));
  const [, said = ''] = /^The page is not complete\. .*?: ([\d, ]+)\./m.exec(PAGE) ?? [];
  expect(said === '' ? [] : said.split(', ').map(Number)).toEqual(
    open.map(({ number }) => number).toSorted((one, other) => one - other),
  );
});

test('a file, a test and a mistake that are not there are noticed', () => {
  const row =
    '| 7 | a | b | `test/gone.test.ts` "x"; `test/docs/faults.test.ts` "what is no test" | `src/gone.ts`; "no mistake" |';
  // The name stands in this very file, as that of a test would.
  expect(rowsOf(row).flatMap(misnamed)).toEqual(['7: test/gone.test.ts', '7: x', '7: src/gone.ts', '7: no mistake']);
});
