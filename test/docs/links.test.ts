import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { PAGES, readPage, ROOT, withoutBlocks, type Page } from './pages.ts';

/** As GitHub names a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = ({ text }: Page): readonly string[] =>
  [...withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** The links of a page that lead nowhere. */
function deadLinks(page: Page): readonly string[] {
  const links = [...withoutBlocks(page.text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return links
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page.path : normalize(join(dirname(page.path), path));
      if (file.startsWith('..') || !existsSync(join(ROOT, file))) return true;
      if (anchor === undefined) return false;
      return (
        statSync(join(ROOT, file)).isDirectory() || !anchorsOf(path === '' ? page : readPage(file)).includes(anchor)
      );
    })
    .map((target) => `${page.path} -> ${target}`);
}

test('every link and every anchor leads somewhere', () => {
  expect(PAGES.flatMap(deadLinks)).toEqual([]);
  const links = PAGES.flatMap(({ text }) => [...withoutBlocks(text).matchAll(/\]\([^)\s]+\)/g)]);
  expect(links.length).toBeGreaterThan(40);
});

test('a link to no file, to no heading, out of the repository and to a heading in a block is noticed', () => {
  const text = [
    '[a](docs/nowhere.md) [b](docs/recovery.md#no-such-heading) [c](../secret.md) [d](#here) [e](#in-a-block)',
    '[f](docs/recovery.md#what-follows) [g](docs) [h](https://example.com/x#y)',
    '# Here',
    '```sh',
    '# In a block',
    '```',
  ].join('\n');
  expect(deadLinks({ path: 'README.md', text })).toEqual([
    'README.md -> docs/nowhere.md',
    'README.md -> docs/recovery.md#no-such-heading',
    'README.md -> ../secret.md',
    'README.md -> #in-a-block',
  ]);
});

test('every page of docs and every example can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const path of reached) {
    const page = PAGES.find((each) => each.path === path);
    for (const [, target = ''] of (page?.text ?? '').matchAll(/\]\(([^)\s#]+)/g)) {
      const file = normalize(join(dirname(path), target));
      reached.add(file).add(join(file, 'README.md'));
    }
  }
  const unread = PAGES.map(({ path }) => path).filter((path) => !reached.has(path) && !path.startsWith('docs/adr/'));
  expect(unread).toEqual([]);
});
