import { expect, test } from 'vitest';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { CAUSES } from '../../src/kernel/causes.ts';
import { GENERATED_PAGES } from '../../scripts/pages.ts';
import { documentedTypes } from '../../scripts/doc-comments.ts';
import { readPage } from './pages.ts';

test.each(Object.entries(GENERATED_PAGES))('docs/%s is what `npm run docs` writes', (file, page) => {
  expect(readPage(`docs/${file}`).text).toBe(page());
});

/** `restart.delayMin` of every single value in the table of defaults. */
function leaves(table: object, path = ''): readonly string[] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]) => {
    const own = path === '' ? key : `${path}.${key}`;
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value) && key !== 'env';
    return isGroup ? leaves(value, own) : [own];
  });
}

test('every option has a row under the heading of its group', () => {
  const { text } = readPage('docs/ecosystem-file.md');
  const sections = new Map(text.split(/^#{2,3} /m).map((section) => [section.split('\n')[0] ?? '', section] as const));
  const missing = leaves(DEFAULTS).filter((path) => {
    const group = path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : 'agents and defaults';
    const name = path.split('.').at(-1) ?? '';
    return sections.get(group)?.includes(`| \`${name}\` |`) !== true;
  });
  expect(missing).toEqual([]);
  expect(leaves(DEFAULTS).length).toBeGreaterThan(35);
});

test('every cause has a row with what it means', () => {
  const { text } = readPage('docs/causes.md');
  const rows = text.split('\n');
  const missing = Object.entries(CAUSES).filter(
    ([cause, { told }]) => !rows.some((line) => line.startsWith(`| \`${cause}\` |`) && line.includes(told)),
  );
  expect(missing).toEqual([]);
});

test('an option without a doc comment cannot go unnoticed: its text is empty', () => {
  const types = documentedTypes(['type A = {\n  /** Said. */\n  readonly b?: string;\n  readonly c: Other;\n};\n']);
  expect([...(types.get('A')?.fields ?? [])]).toEqual([
    ['b', { mentions: [], text: 'Said.', fallback: null }],
    ['c', { mentions: ['Other'], text: '', fallback: null }],
  ]);
});
